// RUN: flm-opt %s -verify-diagnostics -split-input-file

llvm.func @columns(%a: i64, %b: i64) {
  // expected-error @below {{n is 12; expected a multiple of 8 from 8 to 256}}
  %d:6 = "flm_gpu.wgmma"(%a, %b) {n = 12 : i32, operandSegmentSizes = array<i32: 1, 1, 0>} : (i64, i64) -> (f32, f32, f32, f32, f32, f32)
  llvm.return
}

// -----

llvm.func @results(%a: i64, %b: i64) {
  // expected-error @below {{has 2 results; expected n / 2 = 4}}
  %d:2 = "flm_gpu.wgmma"(%a, %b) {n = 8 : i32, operandSegmentSizes = array<i32: 1, 1, 0>} : (i64, i64) -> (f32, f32)
  llvm.return
}

// -----

llvm.func @accumulators(%a: i64, %b: i64, %c: f32) {
  // expected-error @below {{accumulates into 1 values; expected none or n / 2 = 4}}
  %d:4 = "flm_gpu.wgmma"(%a, %b, %c) {n = 8 : i32, operandSegmentSizes = array<i32: 1, 1, 1>} : (i64, i64, f32) -> (f32, f32, f32, f32)
  llvm.return
}

// -----

llvm.func @operand(%a: i32, %b: i64) {
  // expected-error @below {{a must be one i64 descriptor or four i32 registers}}
  %d:4 = "flm_gpu.wgmma"(%a, %b) {n = 8 : i32, operandSegmentSizes = array<i32: 1, 1, 0>} : (i32, i64) -> (f32, f32, f32, f32)
  llvm.return
}

// -----

llvm.func @transposed_fragment(%a: i32, %b: i64) {
  // expected-error @below {{a fragment in registers can not be transposed}}
  %d:4 = "flm_gpu.wgmma"(%a, %a, %a, %a, %b) {n = 8 : i32, transpose_a, operandSegmentSizes = array<i32: 4, 1, 0>} : (i32, i32, i32, i32, i64) -> (f32, f32, f32, f32)
  llvm.return
}

// -----

// expected-error @below {{unknown attribute 'flm_gpu.lunch'; expected flm_gpu.launch or flm_gpu.kernel}}
llvm.func @unknown() attributes {flm_gpu.lunch = 1 : i32} {
  llvm.return
}

// -----

// expected-error @below {{argument 0 has 'flm_gpu.operand'; expected flm_gpu.operand or flm_gpu.tensor_map with an attribute of that name}}
llvm.func @argument(%a: !llvm.ptr {flm_gpu.operand = 1 : i32}) {
  llvm.return
}
