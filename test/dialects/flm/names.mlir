// Names of values travel with the values: through text, generic form with
// locations, bytecode, and passes that move, merge and inline what they name.
// RUN: flm-opt %s | FileCheck %s
// RUN: flm-opt %s --mlir-print-debuginfo | flm-opt | FileCheck %s
// RUN: flm-opt %s --emit-bytecode | flm-opt | FileCheck %s
// RUN: flm-opt %s --canonicalize | FileCheck %s --check-prefix=CANON

!f32_bh = !flm.tensor<[batch=2, hidden=4] f32>
!f32_lbh = !flm.tensor<[layers=3, batch=2, hidden=4] f32>

// CHECK-LABEL: flm.program @names of @c(%activations: !f32_bh, %arg0: !f32_bh)
// CANON-LABEL: flm.program @names
flm.program @names of @c(%activations: !f32_bh, %1: !f32_bh) {
  // CHECK-NEXT: %twice = scale %activations by 2.0
  %twice = scale %activations by 2.0 : !f32_bh
  // A number is no name: the op's default takes its place.
  // CHECK-NEXT: %scaled = scale %arg0 by 3.0
  %2 = scale %1 by 3.0 : !f32_bh
  // Several results, named apart or together.
  // CHECK-NEXT: %to_gate, %to_up = silu_mul_grad
  %to_gate, %to_up = silu_mul_grad %twice, %2, %2 : !f32_bh
  // CHECK-NEXT: %both, %both_0 = silu_mul_grad
  %both:2 = silu_mul_grad %to_gate, %to_up, %2 : !f32_bh
  // CHECK-NEXT: %last, %dropped, %kept = loop over layers=3 (%carried = %both : !f32_bh)
  // What canonicalization removes takes its own name along, not its neighbour's.
  // CANON: %last, %kept = loop over layers=3 (%carried = %both : !f32_bh)
  // CANON-NOT: %dropped
  %last, %dropped, %kept = loop over layers=3 (%carried = %both#0 : !f32_bh) {
    // CHECK-NEXT: %inner = add %carried, %both_0
    %inner = add %carried, %both#1 : !f32_bh
    // CHECK-NEXT: yield %inner
    yield %inner : !f32_bh stack %carried, %inner : !f32_bh, !f32_bh
  }
  return %last, %kept : !f32_bh, !f32_lbh
}
