// --emit=llvm: the LLVM dialect only.
// RUN: flmc %models/tele-flm.mlir --config=tiny --recipe=quick --set seq=24 --set hidden=24 --set heads=3 --set ffn=40 --set layers=3 --set micro_batch=2 --emit=llvm -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// What is printed can be read again, and then prints the same.
// RUN: flm-opt %t.mlir -o %t.again.mlir
// RUN: flm-opt %t.again.mlir | diff %t.again.mlir -
// RUN: %python %S/Inputs/same-ir.py %t.mlir %t.again.mlir

// CHECK-NOT: {{(func|scf|memref|vector|arith|math|flm)\.[a-z_]+ }}
// CHECK-DAG: llvm.func @flm_train_step(
// CHECK-DAG: llvm.func @flm_parallel_for(!llvm.ptr, !llvm.ptr, i64)
// CHECK-DAG: llvm.func @gemm_nt_48x24x24.task(
