// --emit=mup: every parameter has its init and multipliers, with the reason.
// RUN: flmc %models/tele-flm.mlir --config=tiny --recipe=quick --set seq=24 --set hidden=24 --set heads=3 --set ffn=40 --set layers=3 --set micro_batch=2 --emit=mup -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// What is printed can be read again, and then prints the same.
// RUN: flm-opt %t.mlir -o %t.again.mlir
// RUN: flm-opt %t.again.mlir | diff %t.again.mlir -
// RUN: %python %S/Inputs/same-ir.py %t.mlir %t.again.mlir

// CHECK: %q_proj_all = param "model.layers.*.self_attn.q_proj.weight" mup<matrix, {{.*}}"2 width dims, hidden 24 / 256 = 0.09375"> : !f32_l_nd_h
// CHECK: %lm_head = param "lm_head.weight" mup<output,
// CHECK-NEXT: %xn = rms_norm
// CHECK-NEXT: %xn_scaled = scale %xn by
// CHECK-NEXT: %logits = linear %xn_scaled, %lm_head
