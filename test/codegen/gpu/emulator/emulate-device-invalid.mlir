// RUN: flm-opt %s --flm-emulate-device -split-input-file -verify-diagnostics

// What the emulator does not model it refuses: nothing of an op is ignored.

gpu.module @kernels {
  llvm.func @generic_pointer(%p: !llvm.ptr) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator checks accesses to global and to the block's own shared memory (address spaces 1 and 3), not to address space 0}}
    %0 = llvm.load %p : !llvm.ptr -> f32
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @another_block(%p: !llvm.ptr<7>, %x: f32) attributes {nvvm.kernel} {
    // expected-error @+1 {{not to address space 7}}
    llvm.store %x, %p : f32, !llvm.ptr<7>
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @atomic_load(%p: !llvm.ptr<1>) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not model atomic accesses}}
    %0 = llvm.load %p atomic monotonic {alignment = 4 : i64} : !llvm.ptr<1> -> f32
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @atomic_add(%p: !llvm.ptr<1>, %x: f32) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not know what this op does to memory}}
    %0 = llvm.atomicrmw fadd %p, %x monotonic : !llvm.ptr<1>, f32
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @unknown(%n: i32) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not know 'nvvm.read.ptx.sreg.clock'; add it to DeviceOpTable.cpp and to the runtime}}
    %c = nvvm.read.ptx.sreg.clock : i32
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @unknown_intrinsic(%x: f32) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not know 'llvm.nvvm.sin.approx.f'}}
    %0 = llvm.call_intrinsic "llvm.nvvm.sin.approx.f"(%x) : (f32) -> f32
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @init(%b: !llvm.ptr<3>, %n: i32, %p: i1) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not model the predicate of this op}}
    nvvm.mbarrier.init %b, %n, predicate = %p : !llvm.ptr<3>, i32, i1
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @state(%b: !llvm.ptr<3>) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not model the state that an arrival returns of this op}}
    %state = nvvm.mbarrier.arrive %b : !llvm.ptr<3> -> i64
    %ok = nvvm.mbarrier.try_wait %b, %state : !llvm.ptr<3>, i64 -> i1
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @relaxed_arrive(%b: !llvm.ptr<3>) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not model the relaxed form of this op}}
    %state = nvvm.mbarrier.arrive %b {relaxed = true} : !llvm.ptr<3> -> i64
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @relaxed_expect(%b: !llvm.ptr<3>, %n: i32) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not model the relaxed form of this op}}
    nvvm.mbarrier.arrive.expect_tx %b, %n {relaxed = true} : !llvm.ptr<3>, i32
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @relaxed_wait(%b: !llvm.ptr<3>, %parity: i32) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not model the relaxed form of this op}}
    %ok = nvvm.mbarrier.try_wait %b, %parity {relaxed = true} : !llvm.ptr<3>, i32 -> i1
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @cluster(%n: i32) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not model the aligned form of this op}}
    nvvm.cluster.arrive {aligned}
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @fence(%n: i32) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not model this kind of this op}}
    nvvm.fence.proxy {kind = #nvvm.proxy_kind<alias>}
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @shuffle(%m: i32, %x: i32) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not model the flag that the lane is valid of this op}}
    %0 = nvvm.shfl.sync bfly %m, %x, %x, %x {return_value_and_is_valid} : i32 -> !llvm.struct<(i32, i1)>
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @mma(%a: i32, %c: f32) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not model shapes, types and layouts other than m16n8k16 of bf16 to f32, row by col of this op}}
    %0 = nvvm.mma.sync A[%a, %a] B[%a] C[%c, %c, %c, %c] {layoutA = #nvvm.mma_layout<row>, layoutB = #nvvm.mma_layout<col>, multiplicandAPtxType = #nvvm.mma_type<bf16>, multiplicandBPtxType = #nvvm.mma_type<bf16>, shape = #nvvm.shape<m = 16, n = 8, k = 8>} : (i32, i32, f32) -> !llvm.struct<(f32, f32, f32, f32)>
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @load(%to: !llvm.ptr<7>, %map: !llvm.ptr, %b: !llvm.ptr<3>, %x: i32, %hint: i64) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not model the cache hint of this op}}
    nvvm.cp.async.bulk.tensor.shared.cluster.global %to, %map, %b, box[%x, %x] l2_cache_hint = %hint : !llvm.ptr<7>, !llvm.ptr
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @reduce(%from: !llvm.ptr<3>, %map: !llvm.ptr, %x: i32) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not model reductions other than 'add' of this op}}
    nvvm.cp.async.bulk.tensor.reduce %map, %from, box[%x, %x] {redKind = #nvvm.tma_redux_kind<min>} : !llvm.ptr, !llvm.ptr<3>
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @bytes(%to: !llvm.ptr<7>, %from: !llvm.ptr<1>, %b: !llvm.ptr<3>, %n: i32, %blocks: i16) attributes {nvvm.kernel} {
    // expected-error @+1 {{the emulator does not model the multicast of this op}}
    nvvm.cp.async.bulk.shared.cluster.global %to, %from, %b, %n multicast_mask = %blocks : !llvm.ptr<7>, !llvm.ptr<1>
    llvm.return
  }
}

// -----

// Registers of a wgmma. (n is 8: four results.)

gpu.module @kernels {
  llvm.func @written_after_the_fence(%a: i32, %b: i64) attributes {nvvm.kernel} {
    nvvm.wgmma.fence.aligned
    %a0 = arith.addi %a, %a : i32
    // expected-error @+1 {{a register of this wgmma is written after the last wgmma.fence before it}}
    %d:4 = "flm_gpu.wgmma"(%a0, %a, %a, %a, %b) {n = 8 : i32, operandSegmentSizes = array<i32: 4, 1, 0>} : (i32, i32, i32, i32, i64) -> (f32, f32, f32, f32)
    nvvm.wgmma.commit.group.sync.aligned
    nvvm.wgmma.wait.group.sync.aligned 0
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @used_in_flight(%x: i32, %b: i64, %p: !llvm.ptr<1>) attributes {nvvm.kernel} {
    %a = arith.addi %x, %x : i32
    nvvm.wgmma.fence.aligned
    // expected-error @+1 {{a register of A of this wgmma is used before the wait_group that covers it}}
    %d:4 = "flm_gpu.wgmma"(%a, %a, %a, %a, %b) {n = 8 : i32, operandSegmentSizes = array<i32: 4, 1, 0>} : (i32, i32, i32, i32, i64) -> (f32, f32, f32, f32)
    nvvm.wgmma.commit.group.sync.aligned
    // expected-note @+1 {{the use}}
    llvm.store %a, %p : i32, !llvm.ptr<1>
    nvvm.wgmma.wait.group.sync.aligned 0
    llvm.return
  }
}

// -----

gpu.module @kernels {
  llvm.func @waited_for_in_a_branch(%a: i64, %b: i64, %p: !llvm.ptr<1>, %c: i1) attributes {nvvm.kernel} {
    nvvm.wgmma.fence.aligned
    // expected-error @+1 {{no wait_group after this wgmma covers it}}
    %d:4 = "flm_gpu.wgmma"(%a, %b) {n = 8 : i32, operandSegmentSizes = array<i32: 1, 1, 0>} : (i64, i64) -> (f32, f32, f32, f32)
    nvvm.wgmma.commit.group.sync.aligned
    scf.if %c {
      nvvm.wgmma.wait.group.sync.aligned 0
    }
    llvm.store %d#0, %p : f32, !llvm.ptr<1>
    llvm.return
  }
}
