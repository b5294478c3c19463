// Values at one end of a pipeline, and loops whose iterations are spread over
// its stages.
// RUN: flm-opt %s | FileCheck %s
// RUN: flm-opt %s | flm-opt | FileCheck %s
// RUN: flm-opt %s --emit-bytecode | flm-opt | FileCheck %s

!bh = !flm.tensor<[batch=2, hidden=4] f32>
!bh_first = !flm.tensor<[batch=2, hidden=4] f32 on {pp: at(first)}>
!bh_last = !flm.tensor<[batch=2, hidden=4] f32 on {pp: at(last)}>
!hh = !flm.tensor<[hidden=4, hidden=4] f32>
!lhh = !flm.tensor<[layers=4, hidden=4, hidden=4] f32 on {pp: split(layers)}>
!h_last = !flm.tensor<[hidden=4] f32 on {pp: at(last)}>
!h_sum = !flm.tensor<[hidden=4] f32 on {pp: partial(sum)}>
!h = !flm.tensor<[hidden=4] f32>
// CHECK-LABEL: flm.program @stages
flm.program @stages of @c(%x: !bh_first, %w_all: !lhh, %b: !bh, %g: !h_last) {
  // CHECK-NEXT: %embed = add %x, %b : (!f32_bh_pp_first, !f32_bh, !f32_bh_pp_first)
  %embed = add %x, %b : (!bh_first, !bh, !bh_first)
  // CHECK-NEXT: %last, %h_all = loop over layers=4 on pp (%h = %embed : !f32_bh)
  %last, %h_all = loop over layers=4 on pp (%h = %embed : !bh)
      slices (%w = %w_all : !hh) {
    %y = linear %h, %w : !bh -> !bh
    yield %y : !bh stack %h : !bh
  }
  // CHECK: %xn = rms_norm %last, %g eps 1.0e-5 : (!f32_bh_pp_last, !f32_bh_pp_last, !f32_h_pp_last)
  %xn = rms_norm %last, %g eps 1.0e-5 : (!bh_last, !bh_last, !h_last)
  // CHECK-NEXT: %dx = loop over layers=4 on pp reverse (%dy = %xn : !f32_bh)
  %dx = loop over layers=4 on pp reverse (%dy = %xn : !bh)
      slices (%h = %h_all : !bh) {
    %d = add %dy, %h : !bh
    yield %d : !bh
  }
  // CHECK: %twice = add %dx, %dx : !f32_bh_pp_first
  %twice = add %dx, %dx : !bh_first
  // A mask costs nothing; the reduction makes the value known everywhere.
  // CHECK-NEXT: %masked = reshard %g : !f32_h_pp_last -> !f32_h_pp_sum
  %masked = reshard %g : !h_last -> !h_sum
  %all = reshard %masked : !h_sum -> !h
  return %all : !h
}
