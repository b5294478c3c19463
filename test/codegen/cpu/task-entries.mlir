// RUN: flm-opt %s --flm-task-entries -split-input-file -verify-diagnostics | FileCheck %s

// The host declared the entry: the declaration becomes the definition.
llvm.func @k.task(!llvm.ptr, i64, !llvm.ptr)

// CHECK: llvm.func @k.task(%[[ARGS:.*]]: !llvm.ptr, %[[TASK:.*]]: i64, %[[WORKSPACE:.*]]: !llvm.ptr) {
// CHECK-DAG: %[[P0:.*]] = llvm.load %[[ARGS]] invariant : !llvm.ptr -> !llvm.ptr
// CHECK-DAG: %[[A1:.*]] = llvm.getelementptr inbounds %[[ARGS]][1]
// CHECK-DAG: %[[P1:.*]] = llvm.load %[[A1]] invariant : !llvm.ptr -> !llvm.ptr
// CHECK-DAG: %[[I:.*]] = arith.index_cast %[[TASK]] : i64 to index
// CHECK: %[[V:.*]] = memref.load %{{.*}}[%[[I]]] : memref<8xf32>
// CHECK: memref.store %[[V]], %{{.*}}[%[[I]]] : memref<8xf32>
// CHECK: llvm.return
// CHECK-NOT: @k(
func.func private @k(%x: memref<8xf32>, %y: memref<8xf32>, %workspace: memref<?xi8>, %task: index) {
  %v = memref.load %x[%task] : memref<8xf32>
  memref.store %v, %y[%task] : memref<8xf32>
  return
}

// A kernel that nobody launches gets an entry too.
// CHECK-LABEL: llvm.func @alone.task(
func.func private @alone(%workspace: memref<?xi8>, %task: index) {
  return
}

// Other functions stay as they are.
// CHECK-LABEL: func.func @host(%{{.*}}: memref<8xf32>)
func.func @host(%x: memref<8xf32>) { return }
// CHECK-LABEL: func.func private @declared(memref<8xf32>, memref<?xi8>, index)
func.func private @declared(memref<8xf32>, memref<?xi8>, index)
// CHECK-LABEL: func.func @gives(
func.func @gives(%workspace: memref<?xi8>, %task: index) -> index {
  return %task : index
}

// -----

// expected-error @below {{operand #0 of kernel 'k' has type 'memref<?xf32>'; expected a memref with a static shape}}
func.func private @k(%x: memref<?xf32>, %workspace: memref<?xi8>, %task: index) {
  return
}

// -----

// expected-error @below {{'k.task' is the name of the task entry of 'k'; expected a declaration of type '!llvm.func<void (ptr, i64, ptr)>', or another name}}
llvm.func @k.task(!llvm.ptr)
func.func private @k(%x: memref<8xf32>, %workspace: memref<?xi8>, %task: index) {
  return
}
