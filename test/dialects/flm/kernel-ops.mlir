// RUN: flm-opt %s | FileCheck %s
// RUN: flm-opt %s | flm-opt | FileCheck %s
// RUN: flm-opt %s --mlir-print-op-generic | flm-opt | FileCheck %s
// RUN: flm-opt %s --emit-bytecode | flm-opt | FileCheck %s

// CHECK-LABEL: func.func @host
func.func @host(%state: !llvm.ptr, %scratch: !llvm.ptr, %results: !llvm.ptr) {
  %slot = arith.constant 1 : index
  // CHECK: flm.launch @k (#flm.buffer<state, 0, 64>)
  // CHECK-NOT: at
  flm.launch @k(#flm.buffer<state, 0, 64>)
  // CHECK-NEXT: flm.launch @k (#flm.buffer<scratch, 0, 64, [16]>, #flm.buffer<result(0), 0, 4>) at(%{{.*}}) {note}
  flm.launch @k(#flm.buffer<scratch, 0, 64, [16]>, #flm.buffer<result(0), 0, 4>) at (%slot) {note}
  // CHECK-NEXT: flm.communicate run 7 from <scratch, 0, 64> to <scratch, 64, 256, [256]> at(%{{.*}})
  flm.communicate run 7 from <scratch, 0, 64> to <scratch, 64, 256, [256]> at (%slot)
  // CHECK-NEXT: flm.communicate start 8 to <scratch, 64, 256>{{$}}
  flm.communicate start 8 to <scratch, 64, 256>
  // CHECK-NEXT: flm.communicate wait 8{{$}}
  flm.communicate wait 8
  return
}
