// RUN: flm-opt %s --flm-lower-device-ops | FileCheck %s

// Descriptors; without accumulators the product overwrites (predicate 0).
// CHECK-LABEL: llvm.func @descriptors(
// CHECK-SAME: %[[A:.*]]: i64, %[[B:.*]]: i64)
// CHECK: %[[D:.*]] = llvm.inline_asm has_side_effects
// CHECK-SAME: "{.reg .pred p; setp.ne.b32 p, 0, 0; wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {$0, $1, $2, $3}, $4, $5, p, 1, 1, 0, 1;}", "=f,=f,=f,=f,l,l" %[[A]], %[[B]] : (i64, i64) -> !llvm.struct<(f32, f32, f32, f32)>
// CHECK: llvm.extractvalue %[[D]][3]
llvm.func @descriptors(%a: i64, %b: i64) -> f32 {
  %d:4 = "flm_gpu.wgmma"(%a, %b) {n = 8 : i32, transpose_b, operandSegmentSizes = array<i32: 1, 1, 0>} : (i64, i64) -> (f32, f32, f32, f32)
  llvm.return %d#3 : f32
}

// A in registers has no transpose bit; accumulators are tied to the results.
// CHECK-LABEL: llvm.func @registers
// CHECK: "{.reg .pred p; setp.ne.b32 p, 1, 0; wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {$0, $1, $2, $3}, {$4, $5, $6, $7}, $8, p, 1, 1, 0;}", "=f,=f,=f,=f,r,r,r,r,l,0,1,2,3"
llvm.func @registers(%a: i32, %b: i64, %c: f32) -> f32 {
  %d:4 = "flm_gpu.wgmma"(%a, %a, %a, %a, %b, %c, %c, %c, %c) {n = 8 : i32, operandSegmentSizes = array<i32: 4, 1, 4>} : (i32, i32, i32, i32, i64, f32, f32, f32, f32) -> (f32, f32, f32, f32)
  llvm.return %d#0 : f32
}

// CHECK-LABEL: llvm.func @opaque
// CHECK: llvm.inline_asm has_side_effects asm_dialect = att "mov.b32 $0, $1;", "=r,r" %{{.*}} : (i32) -> i32
llvm.func @opaque(%x: i32) -> i32 {
  %y = flm_gpu.opaque %x : i32
  llvm.return %y : i32
}
