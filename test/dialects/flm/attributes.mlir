// RUN: flm-opt %s --allow-unregistered-dialect | FileCheck %s
// RUN: flm-opt %s --allow-unregistered-dialect | flm-opt --allow-unregistered-dialect | FileCheck %s

// CHECK-LABEL: "test.dims"
// CHECK-SAME: one = #flm.dim<hidden>
"test.dims"() {one = #flm.dim<hidden>,
// CHECK-SAME: product = #flm.dim<heads=4 * head_dim=128>
  product = #flm.dim<heads=4 * head_dim=128>,
// CHECK-SAME: quotient = #flm.dim_def<head_dim = hidden / heads>
  quotient = #flm.dim_def<head_dim = hidden / heads>,
// CHECK-SAME: rounded = #flm.dim_def<padded_vocab = round_up(vocab, 64)>
  rounded = #flm.dim_def<padded_vocab = round_up(vocab, 64)>} : () -> ()

// CHECK-LABEL: "test.states"
// CHECK-SAME: a = #flm.state<dp: split(batch)>
"test.states"() {a = #flm.state<dp: split(batch)>,
// CHECK-SAME: b = #flm.state<dp: split(*)>
  b = #flm.state<dp: split(*)>,
// CHECK-SAME: c = #flm.state<tp: partial(sum)>
  c = #flm.state<tp: partial(sum)>} : () -> ()

// Numbers print as short as they can be read back.
// CHECK-LABEL: "test.mup"
// CHECK-SAME: a = #flm.mup<matrix, normal(0.004242), lr 1.0, wd 16.0, eps 1.0e-5, "2 width dims">
"test.mup"() {a = #flm.mup<matrix, normal(4.242e-3), lr 1.0, wd 16.0, eps 0.00001, "2 width dims">,
// CHECK-SAME: b = #flm.mup<output, constant(0.1), lr 0.30000000000000004, wd 1.0e22, eps 1.0, "">
  b = #flm.mup<output, constant(0.1), lr 0.30000000000000004, wd 1.0e22, eps 1.0, "">} : () -> ()

// CHECK-LABEL: "test.buffers"
// CHECK-SAME: a = #flm.buffer<state, 0, 64>
"test.buffers"() {a = #flm.buffer<state, 0, 64>,
// CHECK-SAME: b = #flm.buffer<scratch, 4096, 8, [0, 16]>
  b = #flm.buffer<scratch, 4096, 8, [0, 16]>,
// CHECK-SAME: c = #flm.buffer<argument(1), 0, 8>
  c = #flm.buffer<argument(1), 0, 8>,
// CHECK-SAME: d = #flm.buffer<result(0), 4, 4>
  d = #flm.buffer<result(0), 4, 4>} : () -> ()
