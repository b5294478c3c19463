// Carries that change places: next values are copied one after the other, so
// what lies in the bytes of another carry is copied out first.
// RUN: flm-opt %s --flm-assign-buffers --flm-verify-buffers | FileCheck %s

!v = !flm.tensor<[h=8] f32>
// CHECK-LABEL: flm.program @train_step
flm.program @train_step of @c(%x: !v) {
  %a = scale %x by 2.0 : !v
  %b = scale %x by 3.0 : !v
  %y, %z = loop over l=5 (%h = %a : !v, %k = %b : !v) {
    // CHECK: %n = scale %h by 0.5
    %n = scale %h by 0.5 : !v
    // CHECK-NEXT: %k_before = scale %k by 1.0 {flm.buffers = [#flm.buffer<scratch, [[OUT:[0-9]+]], 32>]}
    // CHECK-NEXT: yield %k_before, %n : !f32_h, !f32_h
    yield %k, %n : !v, !v
  }
  update "s" with %y : !v
  update "t" with %z : !v
  return
}
