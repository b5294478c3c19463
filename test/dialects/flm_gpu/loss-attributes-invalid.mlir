// RUN: flm-opt %s -verify-diagnostics -split-input-file

// expected-error @below {{type is 'f16'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.softmax_statistics<type = f16, max = true>} {}

// -----

// expected-error @below {{computes nothing; expected max, sum_exp or pick = true}}
module attributes {test.a = #flm_gpu.softmax_statistics<type = bf16, running = true>} {}

// -----

// expected-error @below {{warps is 4; expected a multiple of team = 8}}
module attributes {test.a = #flm_gpu.softmax_statistics<type = bf16, max = true, warps = 4>} {}

// -----

// expected-error @below {{type is 'i32'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.cross_entropy_gradient<type = i32>} {}

// -----

// expected-error @below {{team is 0; expected a power of 2}}
module attributes {test.a = #flm_gpu.cross_entropy_gradient<type = bf16, team = 0>} {}
