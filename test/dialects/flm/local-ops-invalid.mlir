// RUN: flm-opt %s -verify-diagnostics -split-input-file

flm.program @p of @c(%x: [h=4] f32) {
  // expected-error @below {{all_reduce takes an operand and gives a result}}
  %y = collective all_reduce over "pp" of 2 id 0 bytes 0 -> [h=4] f32
  return
}

// -----

flm.program @p of @c(%x: [h=4] f32) {
  // expected-error @below {{send gives no result}}
  %y = collective send %x over "pp" of 2 offset 1 id 0 match 1 bytes 16 : [h=4] f32 -> [h=4] f32
  return
}

// -----

flm.program @p of @c(%x: [h=4] f32) {
  // expected-error @below {{a send never waits: nothing is gained by `start`}}
  collective start send %x over "pp" of 2 offset 1 id 0 match 1 bytes 16 : [h=4] f32
  return
}

// -----

// What was started must not be read before the wait, and must be waited for.
flm.program @p of @c(%x: [h=4] f32) {
  // expected-error @below {{is started: expected one `wait` for %y and no other use}}
  %y = collective start all_reduce %x over "dp" of 2 id 0 bytes 16 : [h=4] f32 -> [h=4] f32
  %z = scale %y by 2.0 : [h=4] f32
  return
}

// -----

flm.program @p of @c(%x: [h=4] f32) {
  // expected-error @below {{is started: expected one `wait` for %y and no other use}}
  %y = collective start all_reduce %x over "dp" of 2 id 0 bytes 16 : [h=4] f32 -> [h=4] f32
  return
}

// -----

flm.program @p of @c(%x: [h=4] f32) {
  %y = collective all_reduce %x over "dp" of 2 id 0 bytes 16 : [h=4] f32 -> [h=4] f32
  // expected-error @below {{waits for what `collective start` gave, but %y is something else}}
  %z = wait %y id 0 : [h=4] f32
  return
}

// -----

flm.program @p of @c(%x: [h=4] f32) {
  %y = collective start all_reduce %x over "dp" of 2 id 0 bytes 16 : [h=4] f32 -> [h=4] f32
  // expected-error @below {{waits for id 1, but %y has id 0}}
  %z = wait %y id 1 : [h=4] f32
  return
}

// -----

flm.program @p of @c(%x: [h=4] f32) {
  %y = collective start all_gather %x over "dp" of 2 dim 0 id 0 bytes 16 : [h=4] f32 -> [h=8] f32
  // expected-error @below {{must name what the collective still reads: `reading %x`}}
  %z = wait %y id 0 : [h=8] f32
  return
}

// -----

flm.program @p of @c(%x: [h=4] f32) {
  %y = collective start all_reduce %x over "dp" of 2 id 0 bytes 16 : [h=4] f32 -> [h=4] f32
  // expected-error @below {{reads nothing: this collective works in place}}
  %z = wait %y reading %x id 0 : [h=4] f32 from [h=4] f32
  return
}

// -----

flm.program @p of @c(%x: [h=4] f32) {
  %y = collective start all_reduce %x over "dp" of 2 id 0 bytes 16 : [h=4] f32 -> [h=4] f32
  loop over layers=2 () {
    // expected-error @below {{must stand in the block of its `collective start`}}
    %z = wait %y id 0 : [h=4] f32
    yield
  }
  return
}
