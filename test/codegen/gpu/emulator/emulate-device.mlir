// RUN: flm-opt %s --flm-emulate-device | FileCheck %s

// Device ops are calls that say where they are; accesses are checked first;
// shared memory is what the runtime says; the grid's attributes are gone.
// CHECK-NOT: gpu.module
// CHECK-DAG: llvm.mlir.global private constant @[[INIT:.*]]("nvvm.mbarrier.init at emulate-device.mlir:[[#@LINE+19]]\00")
// CHECK-DAG: llvm.mlir.global private constant @[[STORE:.*]]("llvm.store at emulate-device.mlir:[[#@LINE+20]]\00")
// CHECK: llvm.func @k(%[[X:.*]]: !llvm.ptr<1>, %{{.*}}: i32) {
// CHECK: llvm.call @flm_emu_shared_base() : () -> !llvm.ptr
// CHECK: %[[PLACE:.*]] = llvm.mlir.addressof @[[INIT]]
// CHECK: llvm.call @flm_emu_mbarrier_init(%{{.*}}, %{{.*}}, %[[PLACE]]) : (!llvm.ptr, i32, !llvm.ptr) -> ()
// CHECK: %[[PLACE:.*]] = llvm.mlir.addressof @[[STORE]]
// CHECK: llvm.call @flm_emu_check_global(%{{.*}}, %[[PLACE]])
// CHECK: llvm.store %{{.*}}, %[[X]]

// Arguments come as cuLaunchKernel takes them: a pointer to each.
// CHECK: llvm.func @k.emulated(%[[ARGUMENTS:.*]]: !llvm.ptr) {
// CHECK: llvm.getelementptr %[[ARGUMENTS]][1]
// CHECK: llvm.call @k(%{{.*}}, %{{.*}}) : (!llvm.ptr<1>, i32) -> ()
gpu.module @kernels {
  llvm.mlir.global external @shared() {addr_space = 3 : i32, alignment = 1024 : i64, dso_local} : !llvm.array<0 x i8>
  llvm.func @k(%x: !llvm.ptr<1> {flm_gpu.operand = #flm_gpu.operand<name = "x", access = write, type = f32, shape = (n) -> (n)>}, %n: i32) attributes {nvvm.kernel, flm_gpu.launch = #flm_gpu.launch<threads = 32, cluster = 1, shared = 16, persistent = false, tiles = (n) -> (1)>} {
    %count = llvm.mlir.constant(1 : i32) : i32
    %shared = llvm.mlir.addressof @shared : !llvm.ptr<3>
    nvvm.mbarrier.init %shared, %count : !llvm.ptr<3>, i32
    %zero = llvm.mlir.constant(0.0 : f32) : f32
    llvm.store %zero, %x {alignment = 4 : i64} : f32, !llvm.ptr<1>
    llvm.return
  }
}
