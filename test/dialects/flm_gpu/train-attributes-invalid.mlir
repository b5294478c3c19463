// RUN: flm-opt %s -verify-diagnostics -split-input-file

// expected-error @below {{type is 'f64'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.chunk_squares<type = f64>} {}

// -----

// expected-error @below {{gradient is 'f16'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.adamw<gradient = f16>} {}

// -----

// expected-error @below {{weight is 'f32'; expected bf16: the parameter itself is f32}}
module attributes {test.a = #flm_gpu.adamw<gradient = f32, weight = f32>} {}

// -----

// expected-error @below {{lr is 1.000000e+00 : f64; expected a number of type f32, not negative}}
module attributes {test.a = #flm_gpu.adamw<gradient = f32, lr = 1.0 : f64>} {}

// -----

// expected-error @below {{wd is -1.000000e+00 : f32; expected a number of type f32, not negative}}
module attributes {test.a = #flm_gpu.adamw<gradient = f32, wd = -1.0 : f32>} {}

// -----

// expected-error @below {{eps is 0x7FC00000 : f32; expected a number of type f32, not negative}}
module attributes {test.a = #flm_gpu.adamw<gradient = f32, eps = 0x7FC00000 : f32>} {}
