// REQUIRES: x86-registered-target
// RUN: flmc %models/tele-flm.mlir --config=tiny --recipe=quick --set seq=24 --set hidden=24 --set heads=3 --set ffn=40 --set layers=3 --set micro_batch=2 --emit=buffers -o %t.mlir
// RUN: flm-opt %t.mlir --flm-lower-programs=cpu=x86-64-v3 -o %t.kernels.mlir
// RUN: FileCheck %s < %t.kernels.mlir
// Five layers are as much code as three: kernels are shared, layers are a loop.
// RUN: sed 's/layers=3/layers=5/g' %t.mlir | flm-opt --flm-lower-programs=cpu=x86-64-v3 | grep -cE 'flm.launch|func.func' > %t.five
// RUN: grep -cE 'flm.launch|func.func' %t.kernels.mlir | diff %t.five -

// RUN: not flm-opt %t.mlir --flm-lower-programs=cpu=pentium9 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: error: unknown CPU 'pentium9'
// RUN: not flm-opt %s --flm-lower-programs 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: error: needs programs, a model, a config, a recipe and a plan; run the stages before this one

// The manifest names what the runtime has to know; nothing else is left of the spec.
// CHECK: llvm.mlir.global external constant @flm_manifest("{\22
// CHECK-NOT: flm.{{(model|config|recipe|plan|program)}}

// A kernel takes its buffers, the workspace and the number of its task.
// CHECK-DAG: func.func private @gemm_nt_24x24x24(%{{.*}}: memref<24x24xf32>, %{{.*}}: memref<24x24xf32>, %{{.*}}: memref<24x24xf32>, %{{.*}}: memref<?xi8>, %{{.*}}: index)
// CHECK-DAG: func.func private @"rms_norm_48x24_eps1.0e-5"(
// CHECK-DAG: func.func private @attention_grad_2x24x3x8_causal(

// A host function: state, scratch, arguments, result.
// CHECK-LABEL: func.func @flm_predict(%arg0: !llvm.ptr, %arg1: !llvm.ptr, %arg2: !llvm.ptr, %arg3: !llvm.ptr)
// CHECK-NEXT: flm.launch @embedding_24x256x24 tasks 1 (#flm.buffer<argument(0), 0, 96>, #flm.buffer<state, 0, 24576>, #flm.buffer<scratch, [[H:[0-9]+]], 2304>)
// One loop for all layers; a layer's weights are slots of their stack.
// CHECK: %[[LAYERS:.*]] = arith.constant 3 : index
// CHECK: scf.for %[[LAYER:.*]] = %{{.*}} to %[[LAYERS]] step
// CHECK-NEXT: flm.launch @"rms_norm_24x24_eps1.0e-5" tasks 1 (#flm.buffer<scratch, [[H]], 2304>, #flm.buffer<state, {{[0-9]+}}, 96, [96]>, #flm.buffer<scratch, {{[0-9]+}}, 2304>) at(%[[LAYER]])
// CHECK-NEXT: flm.launch @gemm_nt_24x24x24 tasks 1 (#flm.buffer<scratch, {{[0-9]+}}, 2304>, #flm.buffer<state, {{[0-9]+}}, 2304, [2304]>, #flm.buffer<scratch, {{[0-9]+}}, 2304>) at(%[[LAYER]])
// CHECK: flm.launch @attention_1x24x3x8_causal tasks 3
// CHECK-NOT: scf.for
// CHECK: }
// The logits are made in the caller's buffer.
// CHECK: flm.launch @gemm_nt_24x256x24 tasks {{[0-9]+}} (#flm.buffer<scratch, {{[0-9]+}}, 2304>, #flm.buffer<state, {{[0-9]+}}, 24576>, #flm.buffer<result(0), 0, 24576>)
// CHECK-NEXT: return
