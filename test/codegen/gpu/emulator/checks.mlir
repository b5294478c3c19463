// What the emulator checks, in kernels of a few lines. None says what it
// computes, so only the findings count.
// RUN: split-file %s %t
// RUN: not flm-emulate %t/bounds.mlir --args=8 | FileCheck %t/bounds.mlir
// RUN: not flm-emulate %t/read-only.mlir --args=32 | FileCheck %t/read-only.mlir
// RUN: not flm-emulate %t/barriers.mlir --args=8 | FileCheck %t/barriers.mlir
// RUN: not flm-emulate %t/deadlock.mlir --args=8 | FileCheck %t/deadlock.mlir
// RUN: flm-emulate %t/shuffle.mlir --args=32 --seeds=10 | FileCheck %t/shuffle.mlir
// RUN: not flm-emulate %t/bulk.mlir --args=8 | FileCheck %t/bulk.mlir
// RUN: not flm-emulate %t/bulk-size.mlir --args=8 | FileCheck %t/bulk-size.mlir
// RUN: not flm-emulate %t/unknown.mlir --args=8 2>&1 | FileCheck %t/unknown.mlir
// RUN: not flm-emulate %t/shuffle.mlir 2>&1 | FileCheck %s --check-prefix=ARGS
// RUN: not flm-emulate %t/shuffle.mlir --args=32 --kernel=other 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not flm-emulate %t/shuffle.mlir --args=-1 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: not flm-emulate %t/shuffle.mlir --args=2147483648 2>&1 | FileCheck %s --check-prefix=SIZE
// SIZE: error: --args has {{-1|2147483648}}; expected values from 0 to 2147483647
// ARGS: error: --args has 0 values; expected 1, one per i32 argument of 'shuffle'
// NAME: error: has no kernel 'other' with a 'flm_gpu.launch' attribute

//--- bounds.mlir
// Thread 8 is the first beyond the tensor. The location is the line of the op.
// CHECK: llvm.store at bounds.mlir:[[#@LINE+8]]: writes global memory out of bounds (block 0, thread 8)
gpu.module @kernels {
  llvm.func @bounds(%x: !llvm.ptr<1> {flm_gpu.operand = #flm_gpu.operand<name = "x", access = write, type = f32, shape = (n) -> (n)>}, %n: i32)
      attributes {nvvm.kernel, flm_gpu.launch = #flm_gpu.launch<threads = 32, cluster = 1, shared = 0, persistent = false, tiles = (n) -> (1)>} {
    %t = nvvm.read.ptx.sreg.tid.x : i32
    %zero = llvm.mlir.constant(0.0 : f32) : f32
    // One element per thread, unguarded.
    %p = llvm.getelementptr %x[%t] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    llvm.store %zero, %p {alignment = 4 : i64} : f32, !llvm.ptr<1>
    llvm.return
  }
}

//--- read-only.mlir
// CHECK: writes 'x', which is read-only (block 0, thread 0, and 31 more times)
// CHECK: access to 'x' is not aligned to 16 bytes (block 0, thread 1, and 23 more times)
gpu.module @kernels {
  llvm.func @read_only(%x: !llvm.ptr<1> {flm_gpu.operand = #flm_gpu.operand<name = "x", access = read, type = f32, shape = (n) -> (n)>}, %n: i32)
      attributes {nvvm.kernel, flm_gpu.launch = #flm_gpu.launch<threads = 32, cluster = 1, shared = 0, persistent = false, tiles = (n) -> (1)>} {
    %t = nvvm.read.ptx.sreg.tid.x : i32
    %zero = llvm.mlir.constant(0.0 : f32) : f32
    %p = llvm.getelementptr %x[%t] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    llvm.store %zero, %p {alignment = 16 : i64} : f32, !llvm.ptr<1>
    llvm.return
  }
}

//--- barriers.mlir
// Arrivals that expect different numbers of threads; a barrier that does not
// exist; one that is left half full.
// CHECK: nvvm.barrier.arrive at barriers.mlir:[[#@LINE+14]]: arrives at a barrier of 64 threads, where others expect 96
// CHECK: barrier 17 of 32 threads does not exist: ids are 0 to 15, threads whole warps
// CHECK: a barrier is left with 64 of 96 threads arrived
gpu.module @kernels {
  llvm.func @barriers(%n: i32)
      attributes {nvvm.kernel, flm_gpu.launch = #flm_gpu.launch<threads = 32, cluster = 1, shared = 0, persistent = false, tiles = (n) -> (1)>} {
    %one = llvm.mlir.constant(1 : i32) : i32
    %seventeen = llvm.mlir.constant(17 : i32) : i32
    %warp = llvm.mlir.constant(32 : i32) : i32
    %two = llvm.mlir.constant(64 : i32) : i32
    %three = llvm.mlir.constant(96 : i32) : i32
    // Arrives and goes on.
    nvvm.barrier.arrive id = %one number_of_threads = %three
    // The number differs.
    nvvm.barrier.arrive id = %one number_of_threads = %two
    nvvm.barrier id = %seventeen number_of_threads = %warp
    llvm.return
  }
}

//--- deadlock.mlir
// Each warp waits where it is, and the barrier says what it lacks.
// CHECK: nvvm.barrier at deadlock.mlir:[[#@LINE+12]]: deadlock: warp 0 waits for ever (block 0, thread 0)
// CHECK: nvvm.barrier at deadlock.mlir:[[#@LINE+15]]: deadlock: warp 1 waits for ever (block 0, thread 32)
// CHECK: state: barrier 1 of block 0 has 32 of 64 threads
// CHECK: state: barrier 2 of block 0 has 32 of 64 threads
gpu.module @kernels {
  llvm.func @deadlock(%n: i32)
      attributes {nvvm.kernel, flm_gpu.launch = #flm_gpu.launch<threads = 64, cluster = 1, shared = 0, persistent = false, tiles = (n) -> (1)>} {
    %t = nvvm.read.ptx.sreg.tid.x : i32
    %warp = llvm.mlir.constant(32 : i32) : i32
    %first = llvm.icmp "ult" %t, %warp : i32
    scf.if %first {
      %b = llvm.mlir.constant(1 : i32) : i32 %c = llvm.mlir.constant(64 : i32) : i32
      nvvm.barrier id = %b number_of_threads = %c
    } else {
      %b = llvm.mlir.constant(2 : i32) : i32
      %c = llvm.mlir.constant(64 : i32) : i32
      nvvm.barrier id = %b number_of_threads = %c
    }
    llvm.return
  }
}

//--- shuffle.mlir
// A butterfly over the warp leaves the sum of all lanes, 496, in each of them:
// the access is in bounds only then.
// CHECK: shuffle: 10 of 10 schedules right, not compared
gpu.module @kernels {
  llvm.func @shuffle(%x: !llvm.ptr<1> {flm_gpu.operand = #flm_gpu.operand<name = "x", access = write, type = f32, shape = (n) -> (n)>}, %n: i32)
      attributes {nvvm.kernel, flm_gpu.launch = #flm_gpu.launch<threads = 32, cluster = 1, shared = 0, persistent = false, tiles = (n) -> (1)>} {
    %t = nvvm.read.ptx.sreg.tid.x : i32
    %all = llvm.mlir.constant(-1 : i32) : i32
    %clamp = llvm.mlir.constant(31 : i32) : i32
    %zero = arith.constant 0 : i32
    %five = arith.constant 5 : i32
    %one = arith.constant 1 : i32
    %sum = scf.for %i = %zero to %five step %one iter_args(%partial = %t) -> (i32) : i32 {
      %distance = arith.shli %one, %i : i32
      %other = nvvm.shfl.sync bfly %all, %partial, %distance, %clamp : i32 -> i32
      %next = arith.addi %partial, %other : i32
      scf.yield %next : i32
    }
    %expected = arith.constant 496 : i32
    %off = arith.subi %sum, %expected : i32
    %far = arith.constant 1024 : i32
    %scaled = arith.muli %off, %far : i32
    %index = arith.addi %scaled, %t : i32
    %value = llvm.mlir.constant(0.0 : f32) : f32
    %p = llvm.getelementptr %x[%index] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    llvm.store %value, %p {alignment = 4 : i64} : f32, !llvm.ptr<1>
    llvm.return
  }
}

//--- bulk.mlir
// Bytes beyond the tensor, copied in bulk.
// CHECK: nvvm.cp.async.bulk.shared.cluster.global at bulk.mlir:[[#@LINE+17]]: reads global memory out of bounds (block 0, thread 0)
gpu.module @kernels {
  llvm.mlir.global external @shared() {addr_space = 3 : i32, alignment = 1024 : i64, dso_local} : !llvm.array<0 x i8>
  llvm.func @bulk(%x: !llvm.ptr<1> {flm_gpu.operand = #flm_gpu.operand<name = "x", access = read, type = f32, shape = (n) -> (n)>}, %n: i32)
      attributes {nvvm.kernel, flm_gpu.launch = #flm_gpu.launch<threads = 32, cluster = 1, shared = 1024, persistent = false, tiles = (n) -> (1)>} {
    %t = nvvm.read.ptx.sreg.tid.x : i32
    %zero = llvm.mlir.constant(0 : i32) : i32
    %one = llvm.mlir.constant(1 : i32) : i32
    %bytes = llvm.mlir.constant(32 : i32) : i32
    %barrier = llvm.mlir.addressof @shared : !llvm.ptr<3>
    %to = llvm.getelementptr %barrier[16] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
    %cluster = llvm.addrspacecast %to : !llvm.ptr<3> to !llvm.ptr<7>
    %from = llvm.getelementptr %x[4] : (!llvm.ptr<1>) -> !llvm.ptr<1>, f32
    %first = llvm.icmp "eq" %t, %zero : i32
    scf.if %first {
      nvvm.mbarrier.init %barrier, %one : !llvm.ptr<3>, i32
      nvvm.fence.mbarrier.init
      nvvm.cp.async.bulk.shared.cluster.global %cluster, %from, %barrier, %bytes : !llvm.ptr<7>, !llvm.ptr<1>
    }
    llvm.return
  }
}

//--- bulk-size.mlir
// CHECK: copies 24 bytes; a bulk copy moves a multiple of 16 (block 0, thread 0)
gpu.module @kernels {
  llvm.mlir.global external @shared() {addr_space = 3 : i32, alignment = 1024 : i64, dso_local} : !llvm.array<0 x i8>
  llvm.func @bulk_size(%x: !llvm.ptr<1> {flm_gpu.operand = #flm_gpu.operand<name = "x", access = read, type = f32, shape = (n) -> (n)>}, %n: i32)
      attributes {nvvm.kernel, flm_gpu.launch = #flm_gpu.launch<threads = 32, cluster = 1, shared = 1024, persistent = false, tiles = (n) -> (1)>} {
    %t = nvvm.read.ptx.sreg.tid.x : i32
    %zero = llvm.mlir.constant(0 : i32) : i32
    %one = llvm.mlir.constant(1 : i32) : i32
    %bytes = llvm.mlir.constant(24 : i32) : i32
    %barrier = llvm.mlir.addressof @shared : !llvm.ptr<3>
    %to = llvm.getelementptr %barrier[16] : (!llvm.ptr<3>) -> !llvm.ptr<3>, i8
    %cluster = llvm.addrspacecast %to : !llvm.ptr<3> to !llvm.ptr<7>
    %from = llvm.getelementptr %x[0] : (!llvm.ptr<1>) -> !llvm.ptr<1>, f32
    %first = llvm.icmp "eq" %t, %zero : i32
    scf.if %first {
      nvvm.mbarrier.init %barrier, %one : !llvm.ptr<3>, i32
      nvvm.fence.mbarrier.init
      nvvm.cp.async.bulk.shared.cluster.global %cluster, %from, %barrier, %bytes : !llvm.ptr<7>, !llvm.ptr<1>
    }
    llvm.return
  }
}

//--- unknown.mlir
// CHECK: error: the emulator does not know 'nvvm.read.ptx.sreg.clock'; add it to DeviceOpTable.cpp and to the runtime
gpu.module @kernels {
  llvm.func @unknown(%n: i32)
      attributes {nvvm.kernel, flm_gpu.launch = #flm_gpu.launch<threads = 32, cluster = 1, shared = 0, persistent = false, tiles = (n) -> (1)>} {
    %c = nvvm.read.ptx.sreg.clock : i32
    llvm.return
  }
}
