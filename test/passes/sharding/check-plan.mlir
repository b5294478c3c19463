// What a plan splits must divide, and go to one place.
// RUN: flm-opt %s --flm-check-plan -verify-diagnostics -split-input-file | FileCheck %s

// A grid without axes, or of axes of one, is one rank: nothing is split.
// CHECK-LABEL: flm.model @fine
flm.model @fine dims [batch, seq](%x: [batch]) { return }
flm.plan @none of @fine on grid() {}
flm.plan @ones of @fine on grid(dp = 1, tp = 1) {batch -> dp, seq -> tp}
flm.program @p of @c(%x: [batch=3, seq=5] f32) {
  %y = scale %x by 2.0 : [batch=3, seq=5] f32
  return
}

// -----

// A dim of size 1 is not split; embedding is split along the vocabulary, so its
// tokens need not divide.
// CHECK-LABEL: flm.plan @four
flm.model @m dims [batch, seq, vocab, hidden](%x: [batch]) { return }
flm.plan @four of @m on grid(dp = 4, tp = 4) {batch -> dp, vocab -> tp, seq -> tp}
flm.program @p of @c(%t: [batch=1, seq=10] i32, %w: [vocab=8, hidden=6] f32) {
  %y = embedding %t, %w : [batch=1, seq=10] i32, [vocab=8, hidden=6] f32
  return
}

// -----

flm.model @m dims [batch, seq, hidden](%x: [batch]) { return }
// expected-error @below {{plan @four: seq = 10 does not divide by tp = 4 (needed by 'flm.rms_norm'); next sizes: 8, 12}}
flm.plan @four of @m on grid(tp = 4) {seq -> tp}
flm.program @p of @c(%x: [batch=2, seq=10, hidden=6] f32, %g: [hidden=6] f32) {
  // expected-note @below {{needed here}}
  %n = rms_norm %x, %g eps 1.0e-5 : [batch=2, seq=10, hidden=6] f32
  return
}

// -----

// Heads are whole: 6 of them do not divide by 4, though 24 columns would.
flm.model @m dims [batch, seq, hidden, heads, head_dim = hidden / heads](%x: [batch]) { return }
// expected-error @below {{heads = 6 does not divide by tp = 4 (needed by 'flm.linear'); next sizes: 4, 8}}
flm.plan @four of @m on grid(tp = 4) {heads -> tp}
flm.program @p of @c(%x: [batch=2, seq=10, hidden=24] f32, %w: [heads=6 * head_dim=4, hidden=24] f32) {
  // expected-note @below {{needed here}}
  %q = linear %x, %w : [batch=2, seq=10, hidden=24] f32 -> [batch=2, seq=10, heads=6 * head_dim=4] f32
  return
}

// -----

flm.model @m dims [batch, ffn](%x: [batch]) { return }
// expected-error @below {{ffn = 3 does not divide by tp = 4 (needed by 'flm.silu_mul'); next sizes: 4}}
flm.plan @four of @m on grid(tp = 4) {ffn -> tp}
flm.program @p of @c(%x: [batch=2, ffn=3] f32) {
  // expected-note @below {{needed here}}
  %y = silu_mul %x, %x : [batch=2, ffn=3] f32
  return
}

// -----

// A vocabulary is padded. The plan's `vocab` means the dim that it is padded to.
flm.model @m dims [batch, vocab, padded_vocab = round_up(vocab, 8), hidden](%x: [batch]) { return }
// expected-error @below {{padded_vocab = 56 does not divide by tp = 3 (needed by 'flm.param'); pad it: --set padded_vocab=57}}
flm.plan @three of @m on grid(tp = 3) {vocab -> tp}
flm.program @p of @c() {
  // expected-note @below {{needed here}}
  %w = param "w" : [padded_vocab=56, hidden=5] f32
  return
}

// -----

flm.model @m dims [batch, hidden, layers](%x: [batch]) { return }
// expected-error @below {{layers = 5 does not divide by pp = 2 (needed by 'flm.loop'); next sizes: 4, 6}}
flm.plan @two of @m on grid(pp = 2) {layers -> pp}
flm.program @p of @c(%x: [hidden=4] f32) {
  // expected-note @below {{needed here}}
  %y = loop over layers=5 (%h = %x : [hidden=4] f32) {
    %t = scale %h by 2.0 : [hidden=4] f32
    yield %t : [hidden=4] f32
  }
  return
}

// -----

flm.model @m dims [batch, seq](%x: [batch]) { return }
// expected-error @below {{plan @p: 'seq' goes to two axes, 'tp' and 'cp'; keep one of them, or make one axis of both}}
flm.plan @p of @m on grid(tp = 2, cp = 2) {seq -> tp, seq -> cp}

// -----

flm.model @m dims [batch, seq](%x: [batch]) { return }
// expected-error @below {{plan @p: 'seq -> tp' is written twice}}
flm.plan @p of @m on grid(tp = 2) {seq -> tp, batch -> tp, seq -> tp}

// -----

flm.model @m dims [batch, seq, hidden, layers](%x: [batch]) { return }
// expected-error @below {{plan @p: axis 'pp' has the layers, so 'seq' can not be split over it too}}
flm.plan @p of @m on grid(pp = 2) {layers -> pp, seq -> pp}
flm.program @p0 of @c(%x: [hidden=4] f32) {
  %y = loop over layers=4 (%h = %x : [hidden=4] f32) {
    yield %h : [hidden=4] f32
  }
  return
}

// -----

flm.model @m dims [batch, hidden, heads, head_dim = hidden / heads](%x: [batch]) { return }
// expected-error @below {{plan @p: nothing can be split along 'head_dim', which is always an inner factor of a dim}}
flm.plan @p of @m on grid(tp = 2) {head_dim -> tp}
flm.program @p0 of @c() {
  %w = param "w" : [heads=2 * head_dim=4, hidden=8] f32
  return
}
