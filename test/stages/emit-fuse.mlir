// --emit=fuse: what runs as one kernel. With micro-batches, GEMMs add to the accumulators.
// RUN: flmc %models/tele-flm.mlir --config=tiny --recipe=quick --set seq=24 --set hidden=24 --set heads=3 --set ffn=40 --set layers=3 --set micro_batch=2 --emit=fuse -o %t.mlir
// RUN: FileCheck %s < %t.mlir
// What is printed can be read again, and then prints the same.
// RUN: flm-opt %t.mlir -o %t.again.mlir
// RUN: flm-opt %t.again.mlir | diff %t.again.mlir -
// RUN: %python %S/Inputs/same-ir.py %t.mlir %t.again.mlir
// RUN: flmc %models/tele-flm.mlir --config=tiny --recipe=quick --set seq=24 --set hidden=24 --set heads=3 --set ffn=40 --set layers=3 --set micro_batch=2 --set micro_batches=2 --emit=fuse | FileCheck %s --check-prefix=MICRO

// CHECK-LABEL: flm.program @train_step
// CHECK-NOT: into
// CHECK-LABEL: flm.program @eval_step
// MICRO: %d_lm_head_sum = linear_grad_w %d_logits, %{{.*}} into %d_lm_head_acc :
