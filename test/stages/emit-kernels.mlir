// --emit=kernels: host functions that launch kernels, on memrefs and vectors.
// RUN: flmc %models/tele-flm.mlir --config=tiny --recipe=quick --set seq=24 --set hidden=24 --set heads=3 --set ffn=40 --set layers=3 --set micro_batch=2 --emit=kernels -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// What is printed can be read again, and then prints the same.
// RUN: flm-opt %t.mlir -o %t.again.mlir
// RUN: flm-opt %t.again.mlir | diff %t.again.mlir -
// RUN: %python %S/Inputs/same-ir.py %t.mlir %t.again.mlir

// The manifest is all that is left of the spec.
// CHECK: llvm.mlir.global external constant @flm_manifest(
// CHECK-NOT: flm.program
// CHECK-DAG: func.func private @gemm_nt_48x24x24(
// CHECK-DAG: func.func @flm_train_step(
// CHECK-DAG: func.func @flm_eval_step(
// CHECK-DAG: func.func @flm_predict(
// CHECK-DAG: flm.launch @gemm_nt_48x24x24 tasks
// CHECK-DAG: scf.for
