// The forward ops on bound types.
// RUN: flm-opt %s | FileCheck %s
// RUN: flm-opt %s | flm-opt | FileCheck %s
// RUN: flm-opt %s --mlir-print-op-generic --mlir-print-debuginfo | flm-opt | FileCheck %s
// RUN: flm-opt %s --emit-bytecode | flm-opt | FileCheck %s

!bsh = !flm.tensor<[batch=2, seq=3, hidden=4] bf16>
!f32_bns = !flm.tensor<[batch=2, heads=2, seq=3] f32>
!f32_bs_nd = !flm.tensor<[batch=2, seq=3, heads=2 * head_dim=2] f32>
!f32_bsf = !flm.tensor<[batch=2, seq=3, ffn=5] f32>
!f32_bsh = !flm.tensor<[batch=2, seq=3, hidden=4] f32>
!f32_bsv = !flm.tensor<[batch=2, seq=3, vocab=7] f32>
!f32_fh = !flm.tensor<[ffn=5, hidden=4] f32>
!f32_h = !flm.tensor<[hidden=4] f32>
!f32_vh = !flm.tensor<[vocab=7, hidden=4] f32>
!h = !flm.tensor<[hidden=4] bf16>
!i32_bs = !flm.tensor<[batch=2, seq=3] i32>
// CHECK-LABEL: flm.program @forward
flm.program @forward of @c(%tokens: !i32_bs, %table: !f32_vh, %w: !f32_fh, %g: !f32_h, %shift: !f32_h, %narrow: !h, %q: !f32_bs_nd) {
  // CHECK-NEXT: %embed = embedding %tokens, %table : !i32_bs, !f32_vh
  %embed = embedding %tokens, %table : !i32_bs, !f32_vh
  // CHECK-NEXT: %y = linear %embed, %w : !f32_bsh -> !f32_bsf
  %y = linear %embed, %w : !f32_bsh -> !f32_bsf
  // CHECK-NEXT: %n = rms_norm %embed, %g eps 1.0e-6 : !f32_bsh
  %n = rms_norm %embed, %g eps 1.0e-6 : !f32_bsh
  // CHECK-NEXT: %ln = layer_norm %embed, %g, %shift eps 1.0e-6 : !f32_bsh
  %ln = layer_norm %embed, %g, %shift eps 1.0e-6 : !f32_bsh
  // CHECK-NEXT: %wide = layer_norm %embed, %g, %narrow eps 1.0e-6 : (!f32_bsh, !f32_bsh, !f32_h, !h)
  %wide = layer_norm %embed, %g, %narrow eps 1.0e-6 : (!f32_bsh, !f32_bsh, !f32_h, !h)
  // CHECK-NEXT: %qr = rope %q theta 1.0e4 : !f32_bs_nd
  %qr = rope %q theta 1.0e4 : !f32_bs_nd
  // CHECK-NEXT: %back = rope %qr theta 1.0e4 inverse : !f32_bs_nd
  %back = rope %qr theta 1.0e4 inverse : !f32_bs_nd
  // CHECK-NEXT: %a = attention %q, %qr, %back causal : !f32_bs_nd
  %a = attention %q, %qr, %back causal : !f32_bs_nd
  // CHECK-NEXT: %b = attention %q, %qr, %back : !f32_bs_nd
  %b = attention %q, %qr, %back : !f32_bs_nd
  // CHECK-NEXT: %c, %lse = attention %q, %qr, %back causal : !f32_bs_nd, !f32_bns
  %c, %lse = attention %q, %qr, %back causal : !f32_bs_nd, !f32_bns
  // CHECK-NEXT: %act = silu_mul %y, %y : !f32_bsf
  %act = silu_mul %y, %y : !f32_bsf
  // CHECK-NEXT: %one = add %n : !f32_bsh
  %one = add %n : !f32_bsh
  // CHECK-NEXT: %two = add %n, %embed : !f32_bsh
  %two = add %n, %embed : !f32_bsh
  // CHECK-NEXT: %three = add %n, %embed, %n : !f32_bsh
  %three = add %n, %embed, %n : !f32_bsh
  // CHECK-NEXT: %half = scale %n by 0.5 : !f32_bsh
  %half = scale %n by 0.5 : !f32_bsh
  // CHECK-NEXT: %mean = scale %n by 1.0 per batch=2 * seq=3 : !f32_bsh
  %mean = scale %n by 1.0 per batch=2 * seq=3 : !f32_bsh
  // CHECK-NEXT: %logits = linear %n, %table : !f32_bsh -> !f32_bsv
  %logits = linear %n, %table : !f32_bsh -> !f32_bsv
  // CHECK-NEXT: %loss = cross_entropy %logits, %tokens valid vocab=6 : !f32_bsv, !i32_bs
  %loss = cross_entropy %logits, %tokens valid vocab=6 : !f32_bsv, !i32_bs
  // CHECK-NEXT: %all = cross_entropy %logits, %tokens : !f32_bsv, !i32_bs
  %all = cross_entropy %logits, %tokens : !f32_bsv, !i32_bs
  // CHECK-NEXT: return %loss, %all : [] f32, [] f32
  return %loss, %all : [] f32, [] f32
// CHECK-NEXT: }
}

// What has no name gets the op's, and attributes of others stay.
// CHECK-LABEL: flm.program @unnamed
flm.program @unnamed of @c(%x: !bsh) {
  // CHECK-NEXT: %sum = add %x, %x {note = "kept"} : !bsh
  %sum = add %x, %x {note = "kept"} : !bsh
  // CHECK-NEXT: %sum_0 = add %sum, %sum : !bsh
  %sum_0 = add %sum, %sum : !bsh
  // CHECK-NEXT: return
  return
// CHECK-NEXT: }
}
