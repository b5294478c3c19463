// Sums of squares over chunks: divisors of one layer, whatever the layout.
// RUN: flm-opt %s --flm-chunk-norms --split-input-file | FileCheck %s

!stack = !flm.tensor<[layers=3, ffn=100, hidden=82] f32>
flm.program @stacked of @c(%x: !stack, %g: [hidden=82] f32) {
  %y = loop over layers=3 () slices (%s = %x : [ffn=100, hidden=82] f32) {
    %t = scale %s by 2.0 : [ffn=100, hidden=82] f32
    yield stack %t : [ffn=100, hidden=82] f32
  }
  // 8200 elements: 2 * 4100 is too long, 4 * 2050 is not.
  // CHECK: %sumsq_w_chunks = chunk_sums %y by 2050 : {{.*}} -> !f32_l_chunk
  // CHECK-NEXT: %sumsq_w = chunk_total %sumsq_w_chunks : !f32_l_chunk -> [] f32
  %sumsq_w = sum_squares %y : !stack -> [] f32
  // CHECK-NEXT: chunk_sums %g by 82 : !f32_h -> !f32_chunk
  %sumsq_g = sum_squares %g : [hidden=82] f32 -> [] f32
  return %sumsq_w, %sumsq_g : [] f32, [] f32
}

// -----

// A parameter of nested loops: a chunk lies in one slot of both, as the borders
// of flat splits do.
!inner = !flm.tensor<[inner=2, hidden=6] f32>
!outer = !flm.tensor<[layers=3, inner=2, hidden=6] f32>
flm.program @nested of @c(%x: !outer) {
  %y = loop over layers=3 () slices (%s = %x : !inner) {
    %t = loop over inner=2 () slices (%r = %s : [hidden=6] f32) {
      %u = scale %r by 2.0 : [hidden=6] f32
      yield stack %u : [hidden=6] f32
    }
    yield stack %t : !inner
  }
  // CHECK: chunk_sums %y by 6 : !f32_l_inner_h -> !f32_l_inner_chunk
  %sumsq = sum_squares %y : !outer -> [] f32
  return %sumsq : [] f32
}

// -----

// Under tensor parallelism a chunk can be cut into as many parts as a layer.
flm.model @m dims [batch, ffn, hidden](%x: [batch]) { return }
flm.plan @p of @m on grid(dp = 2, tp = 3) {batch -> dp, ffn -> tp, hidden -> tp}
flm.program @tensor_parallel of @c(%d_w: [ffn=6, hidden=2500] f32, %d_b: [batch=9] f32) {
  // 15000 elements, 5000 a rank: 1250 of them is the largest divisor up to 4096 / 3.
  // CHECK: chunk_sums %d_w by 3750
  %sumsq = sum_squares %d_w : [ffn=6, hidden=2500] f32 -> [] f32
  return %sumsq : [] f32
}
