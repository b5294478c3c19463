// RUN: flm-opt %s --flm-lower-communication | FileCheck %s

// Each function of the runtime is declared once, with its signature.
// CHECK-DAG: llvm.func @flm_communicate(i64, !llvm.ptr, !llvm.ptr)
// CHECK-DAG: llvm.func @flm_communicate_start(i64, !llvm.ptr, !llvm.ptr)
// CHECK-DAG: llvm.func @flm_communicate_wait(i64)

// Collectives become calls; what a send does not get, and a receive does not
// give, is a null pointer.
// CHECK-LABEL: func.func @ranks
// CHECK-SAME: (%[[STATE:.*]]: !llvm.ptr, %[[SCRATCH:.*]]: !llvm.ptr, %[[RESULT:.*]]: !llvm.ptr)
func.func @ranks(%state: !llvm.ptr, %scratch: !llvm.ptr, %result: !llvm.ptr) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  // CHECK: %[[ID:.*]] = llvm.mlir.constant(4 : i64)
  // CHECK: %[[OFFSET:.*]] = llvm.mlir.constant(64 : i64)
  // CHECK: %[[FROM:.*]] = llvm.getelementptr %[[SCRATCH]][%[[OFFSET]]]
  // CHECK: %[[TO:.*]] = llvm.getelementptr %[[STATE]][
  // CHECK: llvm.call @flm_communicate_start(%[[ID]], %[[FROM]], %[[TO]])
  flm.communicate start 4 from <scratch, 64, 32> to <state, 0, 64>
  scf.for %i = %c0 to %c3 step %c1 {
    // CHECK: scf.for %[[I:.*]] =
    // CHECK: %[[SEND:.*]] = llvm.mlir.constant(5 : i64)
    // CHECK: %[[I64:.*]] = arith.index_cast %[[I]] : index to i64
    // CHECK: %[[STEP:.*]] = llvm.mul %[[I64]],
    // CHECK: %[[AT:.*]] = llvm.add %{{.*}}, %[[STEP]]
    // CHECK: %[[GIVEN:.*]] = llvm.getelementptr %[[SCRATCH]][%[[AT]]]
    // CHECK: %[[NULL:.*]] = llvm.mlir.zero
    // CHECK: llvm.call @flm_communicate(%[[SEND]], %[[GIVEN]], %[[NULL]])
    flm.communicate run 5 from <scratch, 256, 32, [32]> at (%i)
  }
  // CHECK: %[[NONE:.*]] = llvm.mlir.zero
  // CHECK: %[[GOT:.*]] = llvm.getelementptr %[[RESULT]][
  // CHECK: llvm.call @flm_communicate(%{{.*}}, %[[NONE]], %[[GOT]])
  flm.communicate run 6 to <result(0), 0, 32>
  // CHECK: %[[WAITED:.*]] = llvm.mlir.constant(4 : i64)
  // CHECK: llvm.call @flm_communicate_wait(%[[WAITED]])
  flm.communicate wait 4
  // CHECK-NOT: flm.communicate
  return
}
