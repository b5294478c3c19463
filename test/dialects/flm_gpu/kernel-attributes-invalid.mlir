// RUN: flm-opt %s -verify-diagnostics -split-input-file

// expected-error @below {{the box has 512 elements in a dim; TMA copies 1 to 256}}
module attributes {test.a = #flm_gpu.tensor_map<box = [512, 64], swizzle = 128>} {}

// -----

// expected-error @below {{the box has 6 dims; a tensor map has 1 to 5}}
module attributes {test.a = #flm_gpu.tensor_map<box = [1, 1, 1, 1, 1, 1], swizzle = 0>} {}

// -----

// expected-error @below {{swizzle is 96; expected 128, 64, 32 or 0 (none)}}
module attributes {test.a = #flm_gpu.tensor_map<box = [64, 64], swizzle = 96>} {}

// -----

// expected-error @below {{cluster is 2; sm_80 has no clusters: expected 1}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_80, m = 128, n = 128, k = 64, stages = 4, cluster = 2>} {}

// -----

// expected-error @below {{a tile of 192 x 256 needs 768 threads; 512 have enough registers for it}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_80, m = 192, n = 256, k = 64, stages = 2>} {}

// -----

// expected-error @below {{a tile of 192 x 64 has 192 threads, which do not divide the 512 copies of 16 bytes of b; expected m and n of 64, 128 or 256 on sm_80}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_80, m = 192, n = 64, k = 64, stages = 2>} {}

// -----

// expected-error @below {{a tile of 64 x 192 has 192 threads, which do not divide the 512 copies of 16 bytes of a; expected m and n of 64, 128 or 256 on sm_80}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_80, m = 64, n = 192, k = 64, stages = 2>} {}

// -----

// expected-error @below {{needs 196608 bytes of shared memory, and sm_80 has 166912; use fewer stages}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_80, m = 128, n = 128, k = 64, stages = 6>} {}

// -----

// expected-error @below {{m is 96; expected 64, 128, 192 or 256}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_90a, m = 96, n = 256, k = 64, stages = 4>} {}

// -----

// expected-error @below {{n is 160; expected 64, 128, 192 or 256}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_90a, m = 128, n = 160, k = 64, stages = 4>} {}

// -----

// expected-error @below {{k is 32; expected 64: one row of a 128-byte swizzle}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_90a, m = 128, n = 256, k = 32, stages = 4>} {}

// -----

// expected-error @below {{stages is 1; expected 2 to 8}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_90a, m = 128, n = 256, k = 64, stages = 1>} {}

// -----

// expected-error @below {{cluster is 3; expected 1, 2 or 4}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_90a, m = 128, n = 256, k = 64, stages = 4, cluster = 3>} {}

// -----

// expected-error @below {{n is 64; expected a multiple of 128: each of 2 blocks loads a slice of whole boxes of 64}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_90a, m = 128, n = 64, k = 64, stages = 4, cluster = 2>} {}

// -----

// expected-error @below {{a tile of 192 x 256 needs 192 registers per thread, and 3 warpgroups have 160 each}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_90a, m = 192, n = 256, k = 64, stages = 3>} {}

// -----

// expected-error @below {{needs 278608 bytes of shared memory, and sm_90a has 232448; use fewer stages}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_90a, m = 128, n = 256, k = 64, stages = 5>} {}

// -----

// expected-error @below {{a tile of 256 x 192 needs 256 registers per thread, and 2 warpgroups have 232 each}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_90a, m = 256, n = 192, k = 64, stages = 2>} {}

// -----

// expected-error @below {{splits is 17; expected 1 to 16: the fold reads as many tensors}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_80, m = 128, n = 128, k = 64, stages = 4, splits = 17>} {}

// -----

// expected-error @below {{sizes are array<i64: 4096, 0, 4096>; expected m, n and k, 1 to 2^31 - 1}}
module attributes {test.a = #flm_gpu.gemm<layout = nt, input = bf16, output = bf16, sizes = [4096, 0, 4096]>} {}

// -----

// expected-error @below {{n is 64; epilogue 'swiglu' needs tiles with a multiple of 128 columns}}
module attributes {test.a = #flm_gpu.gemm<layout = nt, input = bf16, output = bf16, epilogue = #flm_gpu.gemm_swiglu<interleave = 8>, schedule = <arch = sm_90a, m = 128, n = 64, k = 64, stages = 4>>} {}

// -----

// expected-error @below {{n is 64; epilogue 'rope' needs tiles with a multiple of 128 columns}}
module attributes {test.a = #flm_gpu.gemm<layout = nt, input = bf16, output = bf16, epilogue = #flm_gpu.gemm_rope<head_dim = 128, positions = 16>, schedule = <arch = sm_80, m = 64, n = 64, k = 64, stages = 2>>} {}

// -----

// expected-error @below {{factor is 0x7F800000 : f32; expected a finite number of type f32}}
module attributes {test.a = #flm_gpu.gemm_scale<factor = 0x7F800000 : f32>} {}

// -----

// expected-error @below {{head_dim is 96; expected 64 or 128}}
module attributes {test.a = #flm_gpu.gemm_rope<head_dim = 96, positions = 16>} {}

// -----

// expected-error @below {{positions is 0; expected 1 to 2^31 - 1}}
module attributes {test.a = #flm_gpu.gemm_rope<head_dim = 64, positions = 0>} {}

// -----

// expected-error @below {{pair_distance is 4; expected 1, 8, 16, 32 or 64, or 0 where each column stands alone}}
module attributes {test.a = #flm_gpu.gemm_function<function = @f, pair_distance = 4>} {}

// -----

// expected-error @below {{results_per_pair is 2; expected 1 for neighbours}}
module attributes {test.a = #flm_gpu.gemm_function<function = @f, pair_distance = 1>} {}

// -----

// expected-error @below {{interleave is 4; expected 1 or 8 gates before as many ups}}
module attributes {test.a = #flm_gpu.gemm_swiglu<interleave = 4>} {}

// -----

// expected-error @below {{results_per_pair is 1; expected 2, or 1 for columns that are paired}}
module attributes {test.a = #flm_gpu.gemm_function<function = @f, results_per_pair = 1>} {}

// -----

// expected-error @below {{stores no partial sums; expected a schedule with 'splits' > 1}}
module attributes {test.a = #flm_gpu.gemm_fold<gemm = <layout = nt, input = bf16, output = bf16>>} {}

// -----

// expected-error @below {{input is 'f16'; expected bf16}}
module attributes {test.a = #flm_gpu.gemm<layout = nt, input = f16, output = f32>} {}

// -----

// expected-error @below {{output is 'f64'; expected bf16 or f32}}
module attributes {test.a = #flm_gpu.gemm<layout = nt, input = bf16, output = f64>} {}

// -----

// expected-error @below {{accumulates into 'bf16'; expected f32: sums are not rounded on the way}}
module attributes {test.a = #flm_gpu.gemm<layout = nt, input = bf16, output = bf16, accumulate = true>} {}

// -----

// expected-error @below {{head_dim is 96; expected 64 or 128}}
module attributes {test.a = #flm_gpu.attention_forward<head_dim = 96, causal = true, scale = 0.125 : f32>} {}

// -----

// expected-error @below {{scale is -1.250000e-01 : f32; expected a positive number of type f32}}
module attributes {test.a = #flm_gpu.attention_forward<head_dim = 64, causal = true, scale = -0.125 : f32>} {}

// -----

// expected-error @below {{needs 295056 bytes of shared memory}}
module attributes {test.a = #flm_gpu.attention_forward<head_dim = 128, causal = true, scale = 0.125 : f32, stages = 4>} {}

// -----

// expected-error @below {{head_dim is 32; expected 64 or 128}}
module attributes {test.a = #flm_gpu.attention_row_terms<head_dim = 32>} {}

// -----

// expected-error @below {{needs 180224 bytes of shared memory, and sm_80 has 166912; use fewer stages}}
module attributes {test.a = #flm_gpu.attention_forward<arch = sm_80, head_dim = 128, causal = true, scale = 0.125 : f32, stages = 18>} {}

// -----

// expected-error @below {{needs 180224 bytes of shared memory, and sm_80 has 166912; use fewer stages}}
module attributes {test.a = #flm_gpu.attention_backward<arch = sm_80, gradient = queries, head_dim = 128, causal = true, scale = 0.125 : f32, stages = 9>} {}

// -----

// expected-error @below {{head_dim is 96; expected 64 or 128}}
module attributes {test.a = #flm_gpu.attention_backward<gradient = queries, head_dim = 96, causal = true, scale = 0.125 : f32>} {}

// -----

// expected-error @below {{scale is 0.000000e+00 : f32; expected a positive number of type f32}}
module attributes {test.a = #flm_gpu.attention_backward<gradient = queries, head_dim = 64, causal = true, scale = 0.0 : f32>} {}

// -----

// expected-error @below {{stages is 1; expected 2 to 64: no shared memory holds more}}
module attributes {test.a = #flm_gpu.attention_backward<gradient = keys_values, head_dim = 64, causal = true, scale = 0.125 : f32, stages = 1>} {}

// -----

// expected-error @below {{needs 262208 bytes of shared memory, and sm_90a has 232448; use fewer stages}}
module attributes {test.a = #flm_gpu.attention_backward<gradient = queries, head_dim = 128, causal = true, scale = 0.125 : f32, stages = 3>} {}
