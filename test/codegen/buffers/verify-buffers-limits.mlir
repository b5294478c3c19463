// The checker checks its own input: no size or offset overflows its arithmetic.
// RUN: flm-opt %s --flm-verify-buffers -verify-diagnostics -split-input-file

module attributes {flm.state_bytes = 64 : i64, flm.scratch_bytes = 128 : i64} {
  flm.program @train_step of @c(%x: [a=4] f32) {
    // expected-error @below {{the offset 9223372036854775807 lies outside any arena; expected 0 to 2^53}}
    %y = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 9223372036854775807, 16>]} : [a=4] f32
    return %y : [a=4] f32
  }
}

// -----

module attributes {flm.state_bytes = 64 : i64, flm.scratch_bytes = 128 : i64} {
  flm.program @train_step of @c(%x: [a=4] f32) {
    // expected-error @below {{the size -1 lies outside any arena}}
    %y = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, -1>]} : [a=4] f32
    return %y : [a=4] f32
  }
}

// -----

module attributes {flm.state_bytes = 64 : i64, flm.scratch_bytes = 128 : i64} {
  flm.program @train_step of @c(%x: [a=4] f32) {
    // expected-error @below {{has the buffer #flm.buffer<scratch, 9007199254740992, 16>, but flm.scratch_bytes is 128}}
    %y = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 9007199254740992, 16>]} : [a=4] f32
    return %y : [a=4] f32 {flm.buffers = [#flm.buffer<result, 0, 16>]}
  }
}

// -----

// 2^53 bytes in each of 2^40 iterations.
module attributes {flm.state_bytes = 64 : i64, flm.scratch_bytes = 128 : i64} {
  flm.program @train_step of @c(%x: [a=4] f32) {
    %last = loop over layers=1099511627776 (%h = %x : [a=4] f32) {
      // expected-error @below {{but flm.scratch_bytes is 128}}
      %y = scale %h by 2.0 {flm.buffers = [#flm.buffer<scratch, 0, 16, [9007199254740992]>]} : [a=4] f32
      yield %y : [a=4] f32
    } {flm.buffers = [#flm.buffer<scratch, 64, 16>]}
    return %last : [a=4] f32 {flm.buffers = [#flm.buffer<result, 0, 16>]}
  }
}

// -----

flm.program @train_step of @c(%x: [a=4] f32) {
  // expected-error @below {{has the buffer #flm.buffer<scratch, 9007199254740992, 16>, which no arena can hold}}
  %y = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 9007199254740992, 16>]} : [a=4] f32
  return %y : [a=4] f32 {flm.buffers = [#flm.buffer<result, 0, 16>]}
}

// -----

// expected-error @below {{flm.scratch_bytes is "much"; expected an i64, 0 to 2^53}}
module attributes {flm.scratch_bytes = "much"} {}

// -----

module attributes {flm.state_bytes = 64 : i64, flm.scratch_bytes = 128 : i64} {
  flm.program @train_step of @c(%x: [a=4] f32) {
    // expected-error @below {{flm.buffers is [1, 2]; expected a list of #flm.buffer}}
    %y = scale %x by 2.0 {flm.buffers = [1, 2]} : [a=4] f32
    return %y : [a=4] f32 {flm.buffers = [#flm.buffer<result, 0, 16>]}
  }
}

// -----

module attributes {flm.state_bytes = 64 : i64, flm.scratch_bytes = 128 : i64} {
  flm.program @train_step of @c(%x: [a=4] f32) {
    // expected-error @below {{flm-verify-buffers needs the output of stage buffers, run that first: it has 0 buffers, and needs 1}}
    %y = scale %x by 2.0 {flm.buffers = []} : [a=4] f32
    return %y : [a=4] f32 {flm.buffers = [#flm.buffer<result, 0, 16>]}
  }
}
