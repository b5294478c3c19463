// --emit=graph: one config, recipe and plan; every dim has a size.
// RUN: flmc %models/tele-flm.mlir --config=tiny --recipe=quick --set seq=24 --set hidden=24 --set heads=3 --set ffn=40 --set layers=3 --set micro_batch=2 --emit=graph -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// What is printed can be read again, and then prints the same.
// RUN: flm-opt %t.mlir -o %t.again.mlir
// RUN: flm-opt %t.again.mlir | diff %t.again.mlir -
// RUN: %python %S/Inputs/same-ir.py %t.mlir %t.again.mlir

// CHECK: !f32_bs_nd = !flm.tensor<[batch=2, seq=24, heads=3 * head_dim=8] f32>
// CHECK: flm.model @tele_flm config @tiny recipe @quick plan @single
// CHECK: %q_proj_all = param "model.layers.*.self_attn.q_proj.weight" : !f32_l_nd_h
// CHECK: %x = loop over layers=3 (%h = %embed : !f32_bsh)
// CHECK: flm.config @tiny of @tele_flm {batch = 2, seq = 24, vocab = 256, padded_vocab = 256, hidden = 24, heads = 3, head_dim = 8, ffn = 40, layers = 3}
// CHECK-NOT: flm.config
