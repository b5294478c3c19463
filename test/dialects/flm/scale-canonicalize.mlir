// Several constants become one, so that a mean is rounded once.
// RUN: flm-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: flm.program @chain
flm.program @chain of @c(%x: [hidden=8] f32) {
  // CHECK-NEXT: %b = scale %x by 3.0 per seq=7 * batch=3 : !f32_h
  %a = scale %x by 2.0 per seq=7 : [hidden=8] f32
  %b = scale %a by 1.5 per batch=3 : [hidden=8] f32
  // A value that others read is not computed twice.
  // CHECK-NEXT: %c = scale %x by 2.0
  // CHECK-NEXT: %d = scale %c by 1.5
  %c = scale %x by 2.0 : [hidden=8] f32
  %d = scale %c by 1.5 : [hidden=8] f32
  return %b, %c, %d : [hidden=8] f32, [hidden=8] f32, [hidden=8] f32
}

// CHECK-LABEL: flm.program @constant
flm.program @constant of @c() {
  // CHECK-NEXT: %seed = fill 0.125 : [] f32
  %one = fill 1.0 : [] f32
  %seed = scale %one by 2.0 per batch=2 * seq=8 : [] f32
  return %seed : [] f32
}
