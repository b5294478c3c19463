// --emit=spec: the source, parsed and verified; nothing is chosen yet.
// RUN: flmc %models/tele-flm.mlir --config=tiny --recipe=quick --set seq=24 --set hidden=24 --set heads=3 --set ffn=40 --set layers=3 --set micro_batch=2 --emit=spec -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// What is printed can be read again, and then prints the same.
// RUN: flm-opt %t.mlir -o %t.again.mlir
// RUN: flm-opt %t.again.mlir | diff %t.again.mlir -
// RUN: %python %S/Inputs/same-ir.py %t.mlir %t.again.mlir

// CHECK: flm.model @tele_flm
// CHECK-NEXT: dims [batch, seq, vocab, padded_vocab = round_up(vocab, 512), hidden, heads, head_dim = hidden / heads, ffn, layers]
// CHECK: %q_proj = param "self_attn.q_proj.weight" : [heads * head_dim, hidden]
// CHECK-DAG: flm.config @tiny of @tele_flm
// CHECK-DAG: flm.config @b52 of @tele_flm
// CHECK-DAG: flm.recipe @pretrain {
// CHECK-DAG: flm.plan @megatron_896 of @tele_flm on grid(dp = 112, pp = 2, tp = 4)
