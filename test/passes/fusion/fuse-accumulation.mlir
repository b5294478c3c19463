// RUN: flm-opt %s --flm-fuse-accumulation | FileCheck %s

!f32_bsf = !flm.tensor<[batch=2, seq=3, ffn=5] f32>
!f32_bsh = !flm.tensor<[batch=2, seq=3, hidden=4] f32>
!f32_fh = !flm.tensor<[ffn=5, hidden=4] f32>
!f32_vh = !flm.tensor<[vocab=7, hidden=4] f32>
!i32_bs = !flm.tensor<[batch=2, seq=3] i32>

// CHECK-LABEL: flm.program @fused
flm.program @fused of @c(%dy: !f32_bsf, %x: !f32_bsh, %tokens: !i32_bs, %acc: !f32_fh, %table_acc: !f32_vh) {
  // The sum keeps its name.
  // CHECK-NEXT: %sum = linear_grad_w %dy, %x into %acc : !f32_bsf, !f32_bsh -> !f32_fh
  %dw = linear_grad_w %dy, %x : !f32_bsf, !f32_bsh -> !f32_fh
  %sum = add %acc, %dw : !f32_fh
  // CHECK-NEXT: %table_sum = embedding_grad %x, %tokens into %table_acc : !f32_bsh, !i32_bs -> !f32_vh
  %dtable = embedding_grad %x, %tokens : !f32_bsh, !i32_bs -> !f32_vh
  %table_sum = add %table_acc, %dtable : !f32_vh
  // CHECK-NEXT: return %sum, %table_sum
  return %sum, %table_sum : !f32_fh, !f32_vh
}

// The accumulator may be made after the gradient.
// CHECK-LABEL: flm.program @later
flm.program @later of @c(%dy: !f32_bsf, %x: !f32_bsh) {
  // CHECK-NEXT: %acc = fill 0.0
  // CHECK-NEXT: %sum = linear_grad_w %dy, %x into %acc
  %dw = linear_grad_w %dy, %x : !f32_bsf, !f32_bsh -> !f32_fh
  %acc = fill 0.0 : !f32_fh
  %sum = add %acc, %dw : !f32_fh
  return %sum : !f32_fh
}

// CHECK-LABEL: flm.program @not
flm.program @not of @c(%dy: !f32_bsf, %x: !f32_bsh, %acc: !f32_fh) {
  // Somebody else reads the gradient.
  // CHECK-NEXT: %shared = linear_grad_w %dy, %x :
  // CHECK-NEXT: %a = add %acc, %shared
  %shared = linear_grad_w %dy, %x : !f32_bsf, !f32_bsh -> !f32_fh
  %a = add %acc, %shared : !f32_fh
  // It has an accumulator already.
  // CHECK-NEXT: %taken = linear_grad_w %dy, %x into %acc
  // CHECK-NEXT: %b = add %a, %taken
  %taken = linear_grad_w %dy, %x into %acc : !f32_bsf, !f32_bsh -> !f32_fh
  %b = add %a, %taken : !f32_fh
  // Three terms: the order of the sum would change.
  // CHECK-NEXT: %third = linear_grad_w %dy, %x :
  // CHECK-NEXT: %c = add %acc, %b, %third
  %third = linear_grad_w %dy, %x : !f32_bsf, !f32_bsh -> !f32_fh
  %c = add %acc, %b, %third : !f32_fh
  return %shared, %c : !f32_fh, !f32_fh
}
