// Every integer of an attribute has an end: what no GPU has is refused, so that
// builders and verifiers can compute with the rest.
// RUN: flm-opt %s -verify-diagnostics -split-input-file

// expected-error @below {{stages is 9223372036854775807; expected 2 to 64: no shared memory holds more}}
module attributes {test.a = #flm_gpu.attention_forward<head_dim = 64, causal = true, scale = 0.125 : f32, stages = 9223372036854775807>} {}

// -----

// expected-error @below {{stages is 9223372036854775807; expected 2 to 64}}
module attributes {test.a = #flm_gpu.attention_backward<gradient = queries, head_dim = 64, causal = true, scale = 0.125 : f32, stages = 9223372036854775807>} {}

// -----

// expected-error @below {{scale is 0x7F800000 : f32; expected a positive number of type f32}}
module attributes {test.a = #flm_gpu.attention_forward<head_dim = 64, causal = true, scale = 0x7F800000 : f32>} {}

// -----

// expected-error @below {{group is 9223372036854775807; expected 1 to 1024}}
module attributes {test.a = #flm_gpu.gemm_schedule<arch = sm_90a, m = 128, n = 128, k = 64, stages = 2, group = 9223372036854775807>} {}

// -----

// expected-error @below {{expected m, n and k, 1 to 2^31 - 1}}
module attributes {test.a = #flm_gpu.gemm<layout = nt, input = bf16, output = bf16, sizes = [2147483648, 8, 8]>} {}

// -----

// expected-error @below {{positions is 2147483648; expected 1 to 2^31 - 1}}
module attributes {test.a = #flm_gpu.gemm_rope<head_dim = 64, positions = 2147483648>} {}

// -----

// expected-error @below {{head_dim is 9223372036854775792; expected a multiple of 16 up to 65536}}
module attributes {test.a = #flm_gpu.rope<type = bf16, head_dim = 9223372036854775792>} {}

// -----

// expected-error @below {{blocks is 9223372036854775807; expected 1 to 65536}}
module attributes {test.a = #flm_gpu.rms_norm_backward<type = bf16, eps = 1.0e-5 : f32, blocks = 9223372036854775807>} {}

// -----

// expected-error @below {{rows of 9223372036854775800 elements are}}
module attributes {test.a = #flm_gpu.rms_norm<type = bf16, eps = 1.0e-5 : f32, columns = 9223372036854775800>} {}

// -----

// expected-error @below {{eps is 0x7F800000 : f32; expected a number of type f32, not negative}}
module attributes {test.a = #flm_gpu.rms_norm<type = bf16, eps = 0x7F800000 : f32>} {}

// -----

// expected-error @below {{lr is 0x7F800000 : f32}}
module attributes {test.a = #flm_gpu.adamw<gradient = f32, lr = 0x7F800000 : f32>} {}

// -----

// expected-error @below {{threads is 1025; expected 1 to 1024}}
module attributes {test.a = #flm_gpu.launch<threads = 1025, cluster = 1, shared = 0, persistent = false, tiles = (m) -> (m)>} {}

// -----

// expected-error @below {{cluster is 0; expected 1 to 8}}
module attributes {test.a = #flm_gpu.launch<threads = 32, cluster = 0, shared = 0, persistent = false, tiles = (m) -> (m)>} {}

// -----

// expected-error @below {{shared is 9223372036854775807; expected 0 to 232448}}
module attributes {test.a = #flm_gpu.launch<threads = 32, cluster = 1, shared = 9223372036854775807, persistent = false, tiles = (m) -> (m)>} {}

// -----

// expected-error @below {{tiles has symbols; expected the kernel's i32 arguments only}}
module attributes {test.a = #flm_gpu.launch<threads = 32, cluster = 1, shared = 0, persistent = false, tiles = (m)[s] -> (m floordiv s)>} {}

// -----

// expected-error @below {{row_bytes is 0; expected 1 to 65536}}
module attributes {test.a = #flm_gpu.operand<name = "a", access = read, type = bf16, shape = (m) -> (m), row_bytes = 0>} {}

// -----

// expected-error @below {{the name of an operand must be UTF-8, and not empty}}
module attributes {test.a = #flm_gpu.operand<name = "\FF", access = read, type = bf16, shape = (m) -> (m)>} {}

// -----

// expected-error @below {{function is @"\FF"; its name must be UTF-8, as kernels are described in JSON}}
module attributes {test.a = #flm_gpu.gemm_function<function = @"\FF">} {}
