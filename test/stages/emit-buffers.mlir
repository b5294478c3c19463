// --emit=buffers: a buffer for every value.
// RUN: flmc %models/tele-flm.mlir --config=tiny --recipe=quick --set seq=24 --set hidden=24 --set heads=3 --set ffn=40 --set layers=3 --set micro_batch=2 --emit=buffers -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// What is printed can be read again, and then prints the same.
// RUN: flm-opt %t.mlir -o %t.again.mlir
// RUN: flm-opt %t.again.mlir | diff %t.again.mlir -
// RUN: %python %S/Inputs/same-ir.py %t.mlir %t.again.mlir

// CHECK: module attributes {flm.scratch_bytes = {{[0-9]+}} : i64, flm.state_bytes = {{[0-9]+}} : i64, flm.tables = [{head_dim = 8 : i64,
// CHECK-LABEL: flm.program @train_step
// CHECK: %embed_tokens = param "model.embed_tokens.weight" mup<{{.*}}> {flm.buffers = [#flm.buffer<state, {{[0-9]+}}, 24576>]}
// CHECK: %embed = embedding %tokens, %embed_tokens {flm.buffers = [#flm.buffer<scratch, {{[0-9]+}}, 4608>]}
