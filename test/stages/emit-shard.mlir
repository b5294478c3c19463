// --emit=shard: the program of one rank; here the only one, so no type has a state.
// RUN: flmc %models/tele-flm.mlir --config=tiny --recipe=quick --set seq=24 --set hidden=24 --set heads=3 --set ffn=40 --set layers=3 --set micro_batch=2 --emit=shard -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// What is printed can be read again, and then prints the same.
// RUN: flm-opt %t.mlir -o %t.again.mlir
// RUN: flm-opt %t.again.mlir | diff %t.again.mlir -
// RUN: %python %S/Inputs/same-ir.py %t.mlir %t.again.mlir

// CHECK-LABEL: flm.program @train_step
// CHECK-NOT: {{split|partial}}
// CHECK: flm.program @predict
