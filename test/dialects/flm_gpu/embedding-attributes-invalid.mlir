// RUN: flm-opt %s -verify-diagnostics -split-input-file

// expected-error @below {{type is 'i32'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.embedding<type = i32>} {}

// -----

// expected-error @below {{table_type is 'f16'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.embedding<type = bf16, table_type = f16>} {}

// -----

// expected-error @below {{warps is 4; expected a multiple of team = 8}}
module attributes {test.a = #flm_gpu.embedding<type = bf16, team = 8>} {}

// -----

// expected-error @below {{warps is 64; expected 1 to 32}}
module attributes {test.a = #flm_gpu.token_order<warps = 64>} {}

// -----

// expected-error @below {{type is 'f16'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.embedding_gradient<type = f16>} {}

// -----

// expected-error @below {{warps is 0; expected 1 to 32}}
module attributes {test.a = #flm_gpu.embedding_gradient<type = f32, warps = 0>} {}
