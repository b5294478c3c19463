// The tensor with named dims: what may be written, and that equal states are
// equal types in whatever order they are written.
// RUN: flm-opt %s | FileCheck %s
// RUN: flm-opt %s | flm-opt | FileCheck %s
// RUN: flm-opt %s --emit-bytecode | flm-opt | FileCheck %s

// The legend: bf16 is what large models compute in, so it has no prefix.
// CHECK-DAG: !b = !flm.tensor<[batch=8] bf16>
// CHECK-DAG: !f32_b = !flm.tensor<[batch=8] f32>
// CHECK-DAG: !i32_b = !flm.tensor<[batch=8] i32>
// CHECK-DAG: !f64_b = !flm.tensor<[batch=8] f64>
// Dims of the same letter get a number.
// CHECK-DAG: !f32_b1 = !flm.tensor<[batch=4] f32>
// CHECK-DAG: !f32_b_nd_dp_b_tp_n = !flm.tensor<[batch=8, heads=4 * head_dim=2] f32 on {dp: split(batch), tp: split(heads)}>
// CHECK-DAG: !f32_h_dp_flat = !flm.tensor<[hidden=8] f32 on {dp: split(*)}>

// Without sizes, and without dims, there is nothing to abbreviate.
// CHECK-LABEL: func.func private @spec
// CHECK-SAME: (!flm.tensor<[batch, seq, hidden]>, !flm.tensor<[]>, !flm.tensor<[heads * head_dim]>)
func.func private @spec(!flm.tensor<[batch, seq, hidden]>, !flm.tensor<[]>, !flm.tensor<[heads * head_dim]>)

// CHECK-LABEL: func.func private @elements
// CHECK-SAME: (!i32_b, !b, !f32_b, !f64_b, !f32_b1)
func.func private @elements(!flm.tensor<[batch=8] i32>, !flm.tensor<[batch=8] bf16>, !flm.tensor<[batch=8] f32>, !flm.tensor<[batch=8] f64>, !flm.tensor<[batch=4] f32>)

// CHECK-LABEL: func.func @states
// CHECK-SAME: (%{{.*}}: !f32_b_nd_dp_b_tp_n) -> !f32_b_nd_dp_b_tp_n
func.func @states(%x: !flm.tensor<[batch=8, heads=4 * head_dim=2] f32 on {dp: split(batch), tp: split(heads)}>)
    -> !flm.tensor<[batch=8, heads=4 * head_dim=2] f32 on {tp: split(heads), dp: split(batch)}> {
  return %x : !flm.tensor<[batch=8, heads=4 * head_dim=2] f32 on {tp: split(heads), dp: split(batch)}>
}

// CHECK-LABEL: func.func private @partial
// CHECK-SAME: (!flm.tensor<[] f32 on {dp: partial(sum), tp: partial(max)}>, !f32_h_dp_flat)
func.func private @partial(!flm.tensor<[] f32 on {dp: partial(sum), tp: partial(max)}>, !flm.tensor<[hidden=8] f32 on {dp: split(*)}>)
