// RUN: flm-opt %s --split-input-file --verify-diagnostics --flm-lower-launches | FileCheck %s

// Entries of kernels are declared once each, with the signature of a task.
// CHECK-DAG: llvm.func @k.task(!llvm.ptr, i64, !llvm.ptr)
// CHECK-DAG: llvm.func @other.task(!llvm.ptr, i64, !llvm.ptr)
// CHECK-DAG: llvm.func @flm_parallel_for(!llvm.ptr, !llvm.ptr, i64)

func.func private @k() attributes {flm.tasks = 8 : i64}
func.func private @other() attributes {flm.tasks = 1 : i64}

// CHECK-LABEL: func.func @host
// CHECK-SAME: (%[[STATE:.*]]: !llvm.ptr, %[[SCRATCH:.*]]: !llvm.ptr, %[[TOKENS:.*]]: !llvm.ptr, %[[TARGETS:.*]]: !llvm.ptr, %[[RESULT:.*]]: !llvm.ptr)
func.func @host(%state: !llvm.ptr, %scratch: !llvm.ptr, %tokens: !llvm.ptr, %targets: !llvm.ptr, %result: !llvm.ptr) {
  // One array of arguments for all launches, as long as the longest needs.
  // CHECK: %[[COUNT:.*]] = llvm.mlir.constant(4 : i64)
  // CHECK: %[[ARRAY:.*]] = llvm.alloca %[[COUNT]] x !llvm.ptr
  // CHECK-NOT: llvm.alloca
  // CHECK: %[[SLOT0:.*]] = llvm.getelementptr %[[ARRAY]][0]
  // CHECK: %[[AT:.*]] = llvm.mlir.constant(64 : i64)
  // CHECK: %[[P:.*]] = llvm.getelementptr %[[STATE]][%[[AT]]] : (!llvm.ptr, i64) -> !llvm.ptr, i8
  // CHECK: llvm.store %[[P]], %[[SLOT0]]
  // CHECK: llvm.getelementptr %[[ARRAY]][1]
  // CHECK: llvm.getelementptr %[[TARGETS]][
  // CHECK: llvm.getelementptr %[[ARRAY]][2]
  // CHECK: llvm.getelementptr %[[RESULT]][
  // CHECK: llvm.getelementptr %[[ARRAY]][3]
  // CHECK: llvm.getelementptr %[[SCRATCH]][
  // CHECK: %[[ENTRY:.*]] = llvm.mlir.addressof @k.task
  // CHECK: %[[TASKS:.*]] = llvm.mlir.constant(8 : i64)
  // CHECK: llvm.call @flm_parallel_for(%[[ENTRY]], %[[ARRAY]], %[[TASKS]])
  flm.launch @k(#flm.buffer<state, 64, 32>, #flm.buffer<argument(1), 0, 16>, #flm.buffer<result(0), 4, 4>, #flm.buffer<scratch, 128, 32>)
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  scf.for %i = %c0 to %c3 step %c1 {
    // CHECK: scf.for %[[I:.*]] =
    scf.for %j = %c0 to %c3 step %c1 {
      // CHECK: scf.for %[[J:.*]] =
      // base + 256 + i * 1024 + j * 32
      // CHECK: %[[BASE:.*]] = llvm.mlir.constant(256 : i64)
      // CHECK: %[[I64:.*]] = arith.index_cast %[[I]] : index to i64
      // CHECK: %[[KB:.*]] = llvm.mlir.constant(1024 : i64)
      // CHECK: %[[IO:.*]] = llvm.mul %[[I64]], %[[KB]]
      // CHECK: %[[O1:.*]] = llvm.add %[[BASE]], %[[IO]]
      // CHECK: %[[J64:.*]] = arith.index_cast %[[J]] : index to i64
      // CHECK: %[[ROW:.*]] = llvm.mlir.constant(32 : i64)
      // CHECK: %[[JO:.*]] = llvm.mul %[[J64]], %[[ROW]]
      // CHECK: %[[O2:.*]] = llvm.add %[[O1]], %[[JO]]
      // CHECK: llvm.getelementptr %[[SCRATCH]][%[[O2]]]
      // CHECK: llvm.mlir.addressof @other.task
      flm.launch @other(#flm.buffer<scratch, 256, 32, [1024, 32]>) at (%i, %j)
      // Outermost first: a stride of 0 is no arithmetic.
      // CHECK: %[[BASE2:.*]] = llvm.mlir.constant(512 : i64)
      // CHECK-NEXT: %[[J64B:.*]] = arith.index_cast %[[J]] : index to i64
      // CHECK: llvm.mlir.addressof @k.task
      flm.launch @k(#flm.buffer<scratch, 512, 32, [0, 32]>) at (%i, %j)
    }
  }
  // CHECK-NOT: flm.launch
  return
}

// A function without launches gets no array.
// CHECK-LABEL: func.func private @kernel
// CHECK-NEXT: return
func.func private @kernel(%x: memref<8xf32>) { return }

// -----

func.func private @no_kernel(%x: memref<8xf32>)
func.func @host(%state: !llvm.ptr, %scratch: !llvm.ptr, %result: !llvm.ptr) {
  // expected-error@+1 {{launches 'no_kernel', which is no kernel of the CPU (a func.func with flm.tasks)}}
  flm.launch @no_kernel(#flm.buffer<state, 0, 32>)
  return
}

// -----

func.func @host(%state: !llvm.ptr, %scratch: !llvm.ptr, %result: !llvm.ptr) {
  // expected-error@+1 {{launches 'nowhere', which is no kernel of the CPU}}
  flm.launch @nowhere(#flm.buffer<state, 0, 32>)
  return
}
