// RUN: flm-opt %s -verify-diagnostics -split-input-file

// expected-error @below {{input is 'f16'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.pointwise<function = cast, input = f16, output = f32>} {}

// -----

// expected-error @below {{output is 'i32'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.pointwise<function = cast, input = f32, output = i32>} {}

// -----

// expected-error @below {{add has no gate and up that could be interleaved; only silu_mul and silu_mul_grad do}}
module attributes {test.a = #flm_gpu.pointwise<function = add, input = f32, output = f32, interleaved = true>} {}

// -----

// expected-error @below {{cast has no factor; only scale does}}
module attributes {test.a = #flm_gpu.pointwise<function = cast, input = f32, output = f32, factor = 1.0 : f32>} {}

// -----

// expected-error @below {{factor is 1.000000e+00 : f64; expected a finite number of type f32}}
module attributes {test.a = #flm_gpu.pointwise<function = scale, input = f32, output = f32, factor = 1.0 : f64>} {}

// -----

// expected-error @below {{type is 'f16'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.rope<type = f16, head_dim = 128>} {}

// -----

// expected-error @below {{head_dim is 72; expected a multiple of 16 up to 65536: two halves of 16-byte vectors of 'bf16'}}
module attributes {test.a = #flm_gpu.rope<type = bf16, head_dim = 72>} {}

// -----

// expected-error @below {{head_dim is 0; expected a multiple of 8 up to 65536: two halves of 16-byte vectors of 'f32'}}
module attributes {test.a = #flm_gpu.rope<type = f32, head_dim = 0>} {}

// -----

// expected-error @below {{type is 'f64'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.transpose<type = f64>} {}
