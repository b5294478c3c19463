// Distributed types that no rank can have a part of. The partitioner makes none;
// programs by hand may have them.
// RUN: flm-opt %s --split-input-file --verify-diagnostics --flm-localize

flm.model @m dims [batch](%x: [batch]) { return }
flm.plan @p of @m on grid(dp = 2, tp = 4) {}
// expected-error @+1 {{'flm.program' op value %x: seq = 10 does not divide by tp = 4; next sizes: 8, 12}}
flm.program @uneven of @c(%x: [batch=4, seq=10] f32 on {tp: split(seq)}) { return }

// -----

flm.model @m dims [batch](%x: [batch]) { return }
flm.plan @p of @m on grid(dp = 2, tp = 4) {}
flm.program @small of @c() {
  // expected-error @+1 {{'flm.fill' op value %x: seq = 3 does not divide by tp = 4; next sizes: 4}}
  %x = fill 0.0 : [batch=4, seq=3] f32 on {tp: split(seq)}
  return
}

// -----

flm.model @m dims [batch](%x: [batch]) { return }
flm.plan @p of @m on grid(dp = 2, tp = 4) {}
flm.program @unknown of @c() {
  // expected-error @+1 {{flm-localize needs the output of stage shard, run that first: the plan has no axis "ep"}}
  %x = fill 0.0 : [batch=4, seq=8] f32 on {ep: partial(sum)}
  return
}

// -----

// Heads are whole on a rank; their features are not divided.
flm.model @m dims [batch](%x: [batch]) { return }
flm.plan @p of @m on grid(tp = 4) {}
// expected-error @+1 {{value %x: can not be split along head_dim over 'tp', which must be the first factor of one dim}}
flm.program @inner of @c(%x: [heads=4 * head_dim=8, hidden=8] f32 on {tp: split(head_dim)}) { return }

// -----

flm.model @m dims [batch](%x: [batch]) { return }
flm.plan @p of @m on grid(pp = 2) {}
// expected-error @+1 {{value %x: lies at one end of 'pp'; run flm-localize-pipeline first}}
flm.program @end of @c(%x: [batch=4] f32 on {pp: at(first)}) { return }

// -----

flm.model @m dims [batch](%x: [batch]) { return }
flm.plan @p of @m on grid(pp = 2) {}
flm.program @pipelined of @c() {
  // expected-error @+1 {{'flm.loop' op runs on the axis 'pp'; run flm-localize-pipeline first}}
  loop over layers=2 on pp () {
    yield
  }
  return
}
