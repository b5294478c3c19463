// RUN: flm-opt %s --flm-build-programs -verify-diagnostics -split-input-file

// expected-error @below {{expected one bound model; run the graph and mup stages first}}
module {}

// -----

flm.recipe @r {}
// expected-error @below {{must take tokens and targets}}
flm.model @m config @c recipe @r plan @p dims [batch](%x: [batch=2] i32) { return }

// -----

flm.recipe @r {}
flm.model @m config @c recipe @r plan @p dims [batch](%x: [batch=2] i32, %y: [batch=2] i32) {
  // expected-error @below {{a model returns its loss, one scalar}}
  return
}

// -----

flm.recipe @r {}
flm.model @m config @c recipe @r plan @p dims [batch, vocab, hidden](%x: [batch=2] i32, %y: [batch=2] i32) {
  // expected-error @below {{has no µP multipliers; run flm-apply-mup first}}
  %w = param "w" : [hidden=4] f32
  %logits = fill 0.0 : [batch=2, vocab=3] f32
  %loss = cross_entropy %logits, %y : [batch=2, vocab=3] f32, [batch=2] i32
  return %loss : [] f32
}

// -----

flm.recipe @r {}
flm.model @m config @c recipe @r plan @p dims [batch, vocab, hidden](%x: [batch=2] i32, %y: [batch=2] i32) {
  // expected-error @below {{is never used}}
  %w = param "w" mup<vector, constant(1.0), lr 1.0, wd 1.0, eps 1.0, ""> : [hidden=4] f32
  %logits = fill 0.0 : [batch=2, vocab=3] f32
  %loss = cross_entropy %logits, %y : [batch=2, vocab=3] f32, [batch=2] i32
  return %loss : [] f32
}

// -----

flm.recipe @r {}
// expected-error @below {{has no parameters to train}}
flm.model @m config @c recipe @r plan @p dims [batch, vocab](%x: [batch=2] i32, %y: [batch=2] i32) {
  %logits = fill 0.0 : [batch=2, vocab=3] f32
  %loss = cross_entropy %logits, %y : [batch=2, vocab=3] f32, [batch=2] i32
  return %loss : [] f32
}

// -----

flm.recipe @r {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden](%x: [batch=2, seq=3] i32, %y: [batch=2, seq=3] i32) {
  %t = param "t" mup<vector, constant(1.0), lr 1.0, wd 1.0, eps 1.0, ""> : [vocab=4, vocab=4] f32
  // expected-error @below {{does not influence the loss, so it can not be trained}}
  %w = param "w" mup<vector, constant(1.0), lr 1.0, wd 1.0, eps 1.0, ""> : [hidden=4] f32
  %unused = scale %w by 2.0 : [hidden=4] f32
  %logits = embedding %x, %t : [batch=2, seq=3] i32, [vocab=4, vocab=4] f32
  %loss = cross_entropy %logits, %y : [batch=2, seq=3, vocab=4] f32, [batch=2, seq=3] i32
  return %loss : [] f32
}

// -----

// An op without a rule.
flm.recipe @r {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab](%x: [batch=2, seq=3] i32, %y: [batch=2, seq=3] i32) {
  %t = param "t" mup<vector, constant(1.0), lr 1.0, wd 1.0, eps 1.0, ""> : [vocab=4, vocab=4] f32
  %logits = embedding %x, %t : [batch=2, seq=3] i32, [vocab=4, vocab=4] f32
  // expected-error @below {{has no gradient rule}}
  %d:2 = silu_mul_grad %logits, %logits, %logits : [batch=2, seq=3, vocab=4] f32
  %loss = cross_entropy %d#0, %y : [batch=2, seq=3, vocab=4] f32, [batch=2, seq=3] i32
  return %loss : [] f32
}

// -----

// The programs need the logits: a loss is a cross_entropy.
flm.recipe @r {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab](%x: [batch=2, seq=3] i32, %y: [batch=2, seq=3] i32) {
  %t = param "t" mup<vector, constant(1.0), lr 1.0, wd 1.0, eps 1.0, ""> : [vocab=4, vocab=4] f32
  %logits = embedding %x, %t : [batch=2, seq=3] i32, [vocab=4, vocab=4] f32
  %loss = cross_entropy %logits, %y : [batch=2, seq=3, vocab=4] f32, [batch=2, seq=3] i32
  %half = scale %loss by 0.5 : [] f32
  // expected-error @below {{a model returns its loss, the result of a cross_entropy}}
  return %half : [] f32
}

// -----

// Dead or not: what the compiler makes has no place in a model.
flm.recipe @r {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab](%x: [batch=2, seq=3] i32, %y: [batch=2, seq=3] i32) {
  %t = param "t" mup<vector, constant(1.0), lr 1.0, wd 1.0, eps 1.0, ""> : [vocab=4, vocab=4] f32
  // expected-error @below {{has no gradient rule, so a model can not hold it}}
  update "t" with %t : [vocab=4, vocab=4] f32
  %logits = embedding %x, %t : [batch=2, seq=3] i32, [vocab=4, vocab=4] f32
  %loss = cross_entropy %logits, %y : [batch=2, seq=3, vocab=4] f32, [batch=2, seq=3] i32
  return %loss : [] f32
}

// -----

flm.recipe @r {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab](%x: [batch=2, seq=3] i32, %y: [batch=2, seq=3] i32) {
  %t = param "t" mup<vector, constant(1.0), lr 1.0, wd 1.0, eps 1.0, ""> : [vocab=4, vocab=4] f32
  // expected-error @below {{reads the targets, which only the loss may: @predict has none}}
  %logits = embedding %y, %t : [batch=2, seq=3] i32, [vocab=4, vocab=4] f32
  %loss = cross_entropy %logits, %y : [batch=2, seq=3, vocab=4] f32, [batch=2, seq=3] i32
  return %loss : [] f32
}

// -----

flm.recipe @r {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab](%x: [batch=2, seq=3] i32, %y: [batch=2, seq=3] i32) {
  // expected-error @below {{has the dim 'batch', which is another one in @predict}}
  %t = param "t" mup<vector, constant(1.0), lr 1.0, wd 1.0, eps 1.0, ""> : [batch=2, seq=3, vocab=4] f32
  %loss = cross_entropy %t, %y : [batch=2, seq=3, vocab=4] f32, [batch=2, seq=3] i32
  return %loss : [] f32
}

// -----

flm.recipe @r {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, layers](%x: [batch=2, seq=3] i32, %y: [batch=2, seq=3] i32) {
  %t = param "t" mup<vector, constant(1.0), lr 1.0, wd 1.0, eps 1.0, ""> : [vocab=4, vocab=4] f32
  // expected-error @below {{carries integers, which have no gradient; its body can read them from outside}}
  %z = loop over layers=2 (%i = %x : [batch=2, seq=3] i32) {
    yield %i : [batch=2, seq=3] i32
  }
  %logits = embedding %z, %t : [batch=2, seq=3] i32, [vocab=4, vocab=4] f32
  %loss = cross_entropy %logits, %y : [batch=2, seq=3, vocab=4] f32, [batch=2, seq=3] i32
  return %loss : [] f32
}
