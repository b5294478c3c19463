// The reducer knows the dialect: what a pass can remove while the test script
// stays interested is removed. (LLVM 22's other mode, -reduction-tree, crashes on
// any module, in mlir-reduce as well.)
// RUN: flm-reduce %s -opt-reduction-pass='opt-pass=symbol-dce test=%S/Inputs/has-silu-mul.sh' | FileCheck %s
// RUN: flm-reduce %s -opt-reduction-pass='opt-pass=canonicalize test=%S/Inputs/has-silu-mul.sh' | FileCheck %s --check-prefix=KEEP

// CHECK-NOT: func.func private @other
// CHECK: func.func @interesting
// CHECK: flm.silu_mul
// Canonicalization would remove the op that is looked for.
// KEEP: flm.silu_mul
func.func private @other(%x: !flm.tensor<[b=2] f32>) {
  return
}
func.func @interesting(%x: !flm.tensor<[b=2] f32>) {
  %y = flm.silu_mul %x, %x : [b=2] f32
  return
}
