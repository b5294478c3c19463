// --emit=train: the programs: forward, backward, clip, AdamW.
// RUN: flmc %models/tele-flm.mlir --config=tiny --recipe=quick --set seq=24 --set hidden=24 --set heads=3 --set ffn=40 --set layers=3 --set micro_batch=2 --emit=train -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// What is printed can be read again, and then prints the same.
// RUN: flm-opt %t.mlir -o %t.again.mlir
// RUN: flm-opt %t.again.mlir | diff %t.again.mlir -
// RUN: %python %S/Inputs/same-ir.py %t.mlir %t.again.mlir

// CHECK-LABEL: flm.program @init of @tiny()
// CHECK-LABEL: flm.program @train_step of @tiny(%tokens: !i32_bs, %targets: !i32_bs, %hyper: !f32_hyper)
// One body for all layers, forward and backward.
// CHECK: %x, {{.*}} = loop over layers=3 (%h = %embed : !f32_bsh)
// CHECK: loop over layers=3 reverse
// CHECK-NOT: loop
// CHECK: %grad_norm, %clip_coef = clip
// CHECK: return %loss, %grad_norm : [] f32, [] f32
// CHECK-LABEL: flm.program @eval_step
// CHECK-NOT: cross_entropy
// CHECK-LABEL: flm.program @predict of @tiny(%tokens: !i32_bs1)
