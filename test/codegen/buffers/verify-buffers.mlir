// Plans that are right, then the same plans broken in one place each.
// RUN: split-file %s %t
// RUN: flm-opt %t/right.mlir --flm-verify-buffers
// DEFINE: %{file} =
// DEFINE: %{refuses} = not flm-opt %t/%{file}.mlir --flm-verify-buffers --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %t/%{file}.mlir
// REDEFINE: %{file} = overwritten
// RUN: %{refuses}
// REDEFINE: %{file} = partly-overwritten
// RUN: %{refuses}
// REDEFINE: %{file} = beyond-arena
// RUN: %{refuses}
// REDEFINE: %{file} = slot-beyond-arena
// RUN: %{refuses}
// REDEFINE: %{file} = overlapping-copy
// RUN: %{refuses}
// REDEFINE: %{file} = too-short
// RUN: %{refuses}
// REDEFINE: %{file} = no-buffers
// RUN: %{refuses}
// REDEFINE: %{file} = results-share
// RUN: %{refuses}
// REDEFINE: %{file} = not-in-place
// RUN: %{refuses}
// REDEFINE: %{file} = shifted-in-place
// RUN: %{refuses}
// REDEFINE: %{file} = temporary-on-operand
// RUN: %{refuses}
// REDEFINE: %{file} = temporary-on-result
// RUN: %{refuses}
// REDEFINE: %{file} = early-update
// RUN: %{refuses}
// REDEFINE: %{file} = carry-overwritten
// RUN: %{refuses}
// REDEFINE: %{file} = carries-change-places
// RUN: %{refuses}
// REDEFINE: %{file} = captured-overwritten
// RUN: %{refuses}
// REDEFINE: %{file} = short-stride
// RUN: %{refuses}
// REDEFINE: %{file} = lost-slot
// RUN: %{refuses}
// REDEFINE: %{file} = stack-overwritten
// RUN: %{refuses}
// REDEFINE: %{file} = returned-overwritten
// RUN: %{refuses}
// REDEFINE: %{file} = early-reuse
// RUN: %{refuses}
// REDEFINE: %{file} = early-result
// RUN: %{refuses}
// REDEFINE: %{file} = late-result
// RUN: %{refuses}
// REDEFINE: %{file} = moved-result
// RUN: %{refuses}

//--- right.mlir
!v = !flm.tensor<[h=8] f32>
!w = !flm.tensor<[h=8, h=8] f32>
!all = !flm.tensor<[l=5, h=8] f32>
flm.program @straight of @c(%x: !v, %w: !w) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  // In place, with the operand second.
  %b = add %x, %a {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  %c = linear %b, %w {flm.buffers = [#flm.buffer<scratch, 64, 32>]} : !v -> !v
  %g, %u = silu_mul_grad %b, %b, %c {flm.buffers = [#flm.buffer<scratch, 0, 32>, #flm.buffer<scratch, 64, 32>]} : !v
  %n = sum_squares %g {flm.buffers = [#flm.buffer<result(0), 0, 4>, #flm.buffer<scratch, 128, 4>]} : !v -> [] f32
  return %n : [] f32 {flm.buffers = [#flm.buffer<result(0), 0, 4>]}
}
flm.program @state of @c() {
  %p = param "w" {flm.buffers = [#flm.buffer<state, 0, 32>]} : !v
  %y = scale %p by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  %z = add %p, %y {flm.buffers = [#flm.buffer<scratch, 32, 32>]} : !v
  update "w" with %z {flm.buffers = [#flm.buffer<state, 0, 32>]} : !v
  return
}
flm.program @loops of @c(%x: !v, %w: !w) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  %y, %all = loop over l=5 (%h = %a : !v) {
    %n = linear %h, %w {flm.buffers = [#flm.buffer<scratch, 32, 32>]} : !v -> !v
    %m = scale %n by 0.5 {flm.buffers = [#flm.buffer<scratch, 64, 32, [32]>]} : !v
    yield %m : !v stack %m : !v
  } {flm.buffers = [#flm.buffer<scratch, 0, 32>, #flm.buffer<scratch, 64, 160>]}
  %sum = loop over l=5 reverse (%s = %y : !v) slices (%v = %all : !v) {
    %t = add %s, %v {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
    yield %t : !v
  } {flm.buffers = [#flm.buffer<scratch, 0, 32>]}
  return %sum : !v {flm.buffers = [#flm.buffer<result(0), 0, 32>]}
}

//--- overwritten.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  %b = scale %x by 3.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  // CHECK: [[#@LINE+1]]:8: error: 'flm.add' op operand #0 (%a) was overwritten by %b before it is read
  %c = add %a, %b {flm.buffers = [#flm.buffer<scratch, 64, 32>]} : !v
  return
}

//--- partly-overwritten.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  %b = scale %x by 3.0 {flm.buffers = [#flm.buffer<scratch, 28, 32>]} : !v
  // CHECK: [[#@LINE+1]]:8: error: 'flm.add' op operand #0 (%a) was overwritten by %b before it is read
  %c = add %a, %b {flm.buffers = [#flm.buffer<scratch, 64, 32>]} : !v
  return
}

//--- beyond-arena.mlir
module attributes {flm.state_bytes = 0, flm.scratch_bytes = 64} {
flm.program @p of @c(%x: [h=8] f32) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 32, 32>]} : [h=8] f32
  // CHECK: [[#@LINE+1]]:8: error: 'flm.scale' op has the buffer #flm.buffer<scratch, 36, 32>, but flm.scratch_bytes is 64
  %b = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 36, 32>]} : [h=8] f32
  return
}
}

//--- slot-beyond-arena.mlir
module attributes {flm.state_bytes = 0, flm.scratch_bytes = 159} {
flm.program @p of @c(%x: [h=8] f32) {
  loop over l=5 () {
    // CHECK: [[#@LINE+1]]:10: error: 'flm.scale' op has the buffer #flm.buffer<scratch, 0, 32, [32]>, but flm.scratch_bytes is 159
    %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32, [32]>]} : [h=8] f32
    yield
  }
  return
}
}

//--- overlapping-copy.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  // CHECK: error: 'flm.loop' op copies #flm.buffer<scratch, 0, 32> to #flm.buffer<scratch, 8, 32>, which it overlaps
  %y = loop over l=5 (%h = %a : !v) {
    yield %h : !v
  } {flm.buffers = [#flm.buffer<scratch, 8, 32>]}
  return
}

//--- too-short.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  // CHECK: [[#@LINE+1]]:8: error: 'flm.scale' op result #0 (%a) takes 32 bytes, its buffer has 16
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 16>]} : !v
  return
}

//--- no-buffers.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  // CHECK: [[#@LINE+1]]:8: error: flm-verify-buffers needs the output of stage buffers, run that first: its results have no buffers
  %a = scale %x by 2.0 : !v
  return
}

//--- results-share.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  // CHECK: [[#@LINE+1]]:12: error: 'flm.silu_mul_grad' op result #0 (%g) was overwritten by %u before it is read
  %g, %u = silu_mul_grad %x, %x, %x {flm.buffers = [#flm.buffer<scratch, 0, 32>, #flm.buffer<scratch, 16, 32>]} : !v
  return
}

//--- not-in-place.mlir
!v = !flm.tensor<[h=8] f32>
!w = !flm.tensor<[h=8, h=8] f32>
flm.program @p of @c(%x: !v, %w: !w) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  // A product reads its operand again after it has written.
  // CHECK: [[#@LINE+1]]:8: error: 'flm.linear' op writes result #0 (%b) over operand #0 (%a) while it reads it
  %b = linear %a, %w {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v -> !v
  return
}

//--- shifted-in-place.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  // Elementwise, but not at the same address.
  // CHECK: [[#@LINE+1]]:8: error: 'flm.scale' op writes result #0 (%b) over operand #0 (%a) while it reads it
  %b = scale %a by 2.0 {flm.buffers = [#flm.buffer<scratch, 4, 32>]} : !v
  return
}

//--- temporary-on-operand.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  // CHECK: [[#@LINE+1]]:8: error: 'flm.sum_squares' op writes its temporaries over operand #0 (%a) while it reads it
  %b = sum_squares %a {flm.buffers = [#flm.buffer<scratch, 64, 4>, #flm.buffer<scratch, 28, 4>]} : !v -> [] f32
  return
}

//--- temporary-on-result.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  // CHECK: [[#@LINE+1]]:8: error: 'flm.sum_squares' op has temporaries in the bytes of result #0 (%b)
  %b = sum_squares %x {flm.buffers = [#flm.buffer<scratch, 0, 4>, #flm.buffer<scratch, 0, 4>]} : !v -> [] f32
  return
}

//--- early-update.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  %p = param "w" {flm.buffers = [#flm.buffer<state, 0, 32>]} : !v
  // All reads see the state as it was on entry.
  update "w" with %x {flm.buffers = [#flm.buffer<state, 0, 32>]} : !v
  // CHECK: [[#@LINE+1]]:8: error: 'flm.scale' op operand #0 (%p) was overwritten by %x before it is read
  %y = scale %p by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  return
}

//--- carry-overwritten.mlir
!v = !flm.tensor<[h=8] f32>
!w = !flm.tensor<[h=8, h=8] f32>
flm.program @p of @c(%x: !v, %w: !w) {
  %y = loop over l=5 (%h = %x : !v) {
    %n = scale %h by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
    // CHECK: [[#@LINE+1]]:10: error: 'flm.add' op operand #1 (%h) was overwritten by %n before it is read
    %m = add %n, %h {flm.buffers = [#flm.buffer<scratch, 32, 32>]} : !v
    yield %m : !v
  } {flm.buffers = [#flm.buffer<scratch, 0, 32>]}
  return
}

//--- carries-change-places.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  %y, %z = loop over l=5 (%h = %x : !v, %k = %x : !v) {
    // CHECK: [[#@LINE+1]]:5: error: 'flm.yield' op carried value #1 (%h) was overwritten by %k before it is read
    yield %k, %h : !v, !v
  } {flm.buffers = [#flm.buffer<scratch, 0, 32>, #flm.buffer<scratch, 32, 32>]}
  return
}

//--- captured-overwritten.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  // Right in the first iteration, wrong in the second.
  %y = loop over l=5 (%h = %x : !v) {
    // CHECK: [[#@LINE+1]]:10: error: 'flm.add' op operand #1 (%a) was overwritten by %n before it is read
    %m = add %h, %a {flm.buffers = [#flm.buffer<scratch, 32, 32>]} : !v
    %n = scale %m by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
    yield %n : !v
  } {flm.buffers = [#flm.buffer<scratch, 64, 32>]}
  return
}

//--- short-stride.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  // A slot of half the size: a copy to where it belongs would overlap itself.
  %all = loop over l=5 () {
    %m = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32, [16]>]} : !v
    // CHECK: [[#@LINE+1]]:5: error: 'flm.yield' op copies #flm.buffer<scratch, 0, 32, [16]> to #flm.buffer<scratch, 0, 32, [32]>, which it overlaps
    yield stack %m : !v
  } {flm.buffers = [#flm.buffer<scratch, 0, 160>]}
  return
}

//--- lost-slot.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  // A value of the body lies in the slot of the iteration before the last.
  // CHECK: error: 'flm.loop' op stack #0 lost slot 3 to n
  %all = loop over l=5 () {
    %n = scale %x by 3.0 {flm.buffers = [#flm.buffer<scratch, 96, 32>]} : !v
    %m = scale %n by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32, [32]>]} : !v
    yield stack %m : !v
  } {flm.buffers = [#flm.buffer<scratch, 0, 160>]}
  return
}

//--- stack-overwritten.mlir
!v = !flm.tensor<[h=8] f32>
!all = !flm.tensor<[l=5, h=8] f32>
flm.program @p of @c(%x: !v, %all: !all) {
  %copies = loop over l=5 () slices (%s = %all : !v) {
    %m = scale %s by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32, [32]>]} : !v
    yield stack %m : !v
  } {flm.buffers = [#flm.buffer<scratch, 0, 160>]}
  // The reader goes backward and writes where it has not yet read.
  %y = loop over l=5 reverse (%h = %x : !v) slices (%s = %copies : !v) {
    // CHECK: [[#@LINE+1]]:10: error: 'flm.add' op operand #1 (%s) was overwritten by %m before it is read
    %m = add %h, %s {flm.buffers = [#flm.buffer<scratch, 96, 32>]} : !v
    yield %m : !v
  } {flm.buffers = [#flm.buffer<scratch, 160, 32>]}
  return
}

//--- returned-overwritten.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<result(0), 0, 32>]} : !v
  %b = scale %x by 3.0 {flm.buffers = [#flm.buffer<result(0), 0, 32>]} : !v
  // CHECK: [[#@LINE+1]]:3: error: 'flm.return' op operand #0 (%a) was overwritten by %b before it is read
  return %a : !v {flm.buffers = [#flm.buffer<result(0), 0, 32>]}
}

//--- early-reuse.mlir
!v = !flm.tensor<[h=8] f32>
!all = !flm.tensor<[h=16] f32>
flm.program @p of @c(%x: !v) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  %g = collective start all_gather %a over "dp" of 2 dim 0 id 0 bytes 32 {flm.buffers = [#flm.buffer<scratch, 64, 64>]} : !v -> !all
  %b = scale %x by 3.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  // CHECK: [[#@LINE+1]]:8: error: 'flm.wait' op operand #1 (%a) was overwritten by %b before it is read
  %y = wait %g reading %a id 0 {flm.buffers = [#flm.buffer<scratch, 64, 64>]} : !all from !v
  return
}

//--- early-result.mlir
!v = !flm.tensor<[h=8] f32>
!all = !flm.tensor<[h=16] f32>
flm.program @p of @c(%x: !v) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  %b = scale %x by 3.0 {flm.buffers = [#flm.buffer<scratch, 64, 32>]} : !v
  %g = collective start all_gather %a over "dp" of 2 dim 0 id 0 bytes 32 {flm.buffers = [#flm.buffer<scratch, 64, 64>]} : !v -> !all
  // CHECK: [[#@LINE+1]]:8: error: 'flm.add' op operand #1 (%b) was overwritten by %g before it is read
  %c = add %x, %b {flm.buffers = [#flm.buffer<scratch, 128, 32>]} : !v
  %y = wait %g reading %a id 0 {flm.buffers = [#flm.buffer<scratch, 64, 64>]} : !all from !v
  return
}

//--- late-result.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  %g = collective start all_reduce %a over "dp" of 2 id 0 bytes 32 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v -> !v
  %b = scale %x by 3.0 {flm.buffers = [#flm.buffer<scratch, 16, 32>]} : !v
  // CHECK: [[#@LINE+1]]:8: error: 'flm.wait' op operand #0 (%g) was overwritten by %b before it is read
  %y = wait %g id 0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  return
}

//--- moved-result.mlir
!v = !flm.tensor<[h=8] f32>
flm.program @p of @c(%x: !v) {
  %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v
  %g = collective start all_reduce %a over "dp" of 2 id 0 bytes 32 {flm.buffers = [#flm.buffer<scratch, 0, 32>]} : !v -> !v
  // CHECK: [[#@LINE+1]]:8: error: 'flm.wait' op must have its result where the collective that was started writes it
  %y = wait %g id 0 {flm.buffers = [#flm.buffer<scratch, 32, 32>]} : !v
  return
}
