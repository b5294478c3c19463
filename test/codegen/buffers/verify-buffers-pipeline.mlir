// What may not be in a pipeline's buffers.
// RUN: flm-opt %s --flm-verify-buffers -split-input-file -verify-diagnostics

// The slots lie on the accumulator.
!h = !flm.tensor<[hidden=16] f32>
!mh = !flm.tensor<[micro=4, hidden=16] f32>
flm.program @on_carry of @c(%x_all: !mh) {
  %zero = fill 0.0 {flm.buffers = [#flm.buffer<scratch, 0, 64>]} : !h
  %sum = pipeline over micro=4 on "pp" of 2 slots [2] (%zero : !h) slices (%x_all : !mh) -> !h {flm.buffers = [#flm.buffer<scratch, 0, 64>, #flm.buffer<scratch, 0, 128>]} forward (%x: !h) {
    %y = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 256, 64>]} : !h
    yield stack %y : !h
  } backward (%acc: !h, %x: !h, %y: !h) {
    // expected-error @below {{operand #0 (%acc) was overwritten by %y before it is read}}
    %next = add %acc, %y {flm.buffers = [#flm.buffer<scratch, 0, 64>]} : !h
    yield %next : !h
  }
  return
}

// -----

// A backward pass of one micro-batch writes over what another saved.
!h = !flm.tensor<[hidden=16] f32>
!mh = !flm.tensor<[micro=4, hidden=16] f32>
flm.program @over_slot of @c(%x_all: !mh) {
  %zero = fill 0.0 {flm.buffers = [#flm.buffer<scratch, 0, 64>]} : !h
  %sum = pipeline over micro=4 on "pp" of 2 slots [2] (%zero : !h) slices (%x_all : !mh) -> !h {flm.buffers = [#flm.buffer<scratch, 0, 64>, #flm.buffer<scratch, 64, 128>]} forward (%x: !h) {
    %y = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 64, 64, [0, 0, 64]>]} : !h
    yield stack %y : !h
  } backward (%acc: !h, %x: !h, %y: !h) {
    // expected-error @below {{operand #0 (%y) was overwritten by %b before it is read}}
    %b = add %y, %x {flm.buffers = [#flm.buffer<scratch, 128, 64>]} : !h
    %next = add %acc, %b {flm.buffers = [#flm.buffer<scratch, 0, 64>]} : !h
    yield %next : !h
  }
  return
}

// -----

// An accumulator that a forward pass uses for itself.
!h = !flm.tensor<[hidden=16] f32>
!mh = !flm.tensor<[micro=4, hidden=16] f32>
flm.program @over_carry of @c(%x_all: !mh) {
  %zero = fill 0.0 {flm.buffers = [#flm.buffer<scratch, 0, 64>]} : !h
  %sum = pipeline over micro=4 on "pp" of 2 slots [2] (%zero : !h) slices (%x_all : !mh) -> !h {flm.buffers = [#flm.buffer<scratch, 0, 64>, #flm.buffer<scratch, 64, 128>]} forward (%x: !h) {
    %a = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 64>]} : !h
    %y = scale %a by 2.0 {flm.buffers = [#flm.buffer<scratch, 64, 64, [0, 0, 64]>]} : !h
    yield stack %y : !h
  } backward (%acc: !h, %x: !h, %y: !h) {
    // expected-error @below {{operand #0 (%acc) was overwritten by %a before it is read}}
    %next = add %acc, %y {flm.buffers = [#flm.buffer<scratch, 0, 64>]} : !h
    yield %next : !h
  }
  return
}

// -----

// The last stage updates what only the first one has, in bytes where it has its
// own.
!h = !flm.tensor<[hidden=16] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @shared_state of @c(%x: !h) {
  %table = param "table" {flm.at = #flm.state<pp: at(first)>, flm.buffers = [#flm.buffer<state, 0, 64>]} : !h
  %head = param "head" {flm.at = #flm.state<pp: at(last)>, flm.buffers = [#flm.buffer<state, 0, 64>]} : !h
  update "table" with %x {flm.buffers = [#flm.buffer<state, 0, 64>]} : !h
  // expected-error @below {{operand #1 (%head) was overwritten by %x before it is read}}
  %y = add %x, %head {flm.at = #flm.state<pp: at(last)>, flm.buffers = [#flm.buffer<scratch, 0, 64>]} : !h
  return
}
