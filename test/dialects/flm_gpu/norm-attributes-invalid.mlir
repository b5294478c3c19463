// RUN: flm-opt %s -verify-diagnostics -split-input-file

// expected-error @below {{type is 'f16'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.rms_norm<type = f16, eps = 0.5 : f32>} {}

// -----

// expected-error @below {{gain_type is 'i32'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.rms_norm<type = f32, eps = 0.5 : f32, gain_type = i32>} {}

// -----

// expected-error @below {{eps is -5.000000e-01 : f32; expected a number of type f32, not negative}}
module attributes {test.a = #flm_gpu.rms_norm<type = f32, eps = -0.5 : f32>} {}

// -----

// expected-error @below {{eps is 5.000000e-01 : f64; expected a number of type f32, not negative}}
module attributes {test.a = #flm_gpu.rms_norm_backward<type = f32, eps = 0.5 : f64>} {}

// -----

// expected-error @below {{warps is 33; expected 1 to 32}}
module attributes {test.a = #flm_gpu.rms_norm<type = f32, eps = 0.5 : f32, warps = 33>} {}

// -----

// expected-error @below {{team is 3; expected a power of 2}}
module attributes {test.a = #flm_gpu.rms_norm<type = f32, eps = 0.5 : f32, warps = 6, team = 3>} {}

// -----

// expected-error @below {{warps is 6; expected a multiple of team = 4}}
module attributes {test.a = #flm_gpu.rms_norm<type = f32, eps = 0.5 : f32, warps = 6, team = 4>} {}

// -----

// expected-error @below {{a block of 32 warps has 16 teams, and barriers for 15; use larger teams}}
module attributes {test.a = #flm_gpu.rms_norm<type = f32, eps = 0.5 : f32, warps = 32, team = 2>} {}

// -----

// expected-error @below {{columns is 1004; expected a multiple of 8 of type 'bf16', or 0 where it is not known}}
module attributes {test.a = #flm_gpu.rms_norm<type = bf16, eps = 0.5 : f32, columns = 1004>} {}

// -----

// expected-error @below {{rows of 8192 elements are 32 vectors of 16 bytes for each of 32 threads, and their registers hold 8; use a larger team, or leave columns out}}
module attributes {test.a = #flm_gpu.rms_norm<type = bf16, eps = 0.5 : f32, columns = 8192>} {}

// -----

// expected-error @below {{rows of 8192 elements are 4 vectors of 16 bytes for each of 256 threads, and their registers hold 2; use a larger team, or leave columns out}}
module attributes {test.a = #flm_gpu.rms_norm_backward<type = bf16, eps = 0.5 : f32, columns = 8192, team = 8>} {}

// -----

// expected-error @below {{blocks is 0; expected 1 to 65536}}
module attributes {test.a = #flm_gpu.rms_norm_backward<type = bf16, eps = 0.5 : f32, blocks = 0>} {}

// -----

// expected-error @below {{type is 'f64'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.column_sum<type = f64>} {}

// -----

// expected-error @below {{warps is 0; expected 1 to 32}}
module attributes {test.a = #flm_gpu.column_sum<type = f32, warps = 0>} {}
