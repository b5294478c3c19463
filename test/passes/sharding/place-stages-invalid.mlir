// RUN: flm-opt %s --flm-place-stages -split-input-file -verify-diagnostics

!bh = !flm.tensor<[batch=2, hidden=4] f32>
!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers, blocks](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @tied of @c(%tokens: !bh) {
  // expected-error @below {{parameter "embed" is used before and after the layers (tied embeddings), so it is needed at the first and at the last stage of 'pp'; give the model two parameters, or leave layers -> pp out of the plan}}
  %g = param "embed" : !h
  // expected-note @below {{used here}}
  %embed = rms_norm %tokens, %g eps 1.0e-5 : !bh
  %x = loop over layers=2 (%h = %embed : !bh) {
    yield %h : !bh
  }
  // expected-note @below {{used here}}
  %y = rms_norm %x, %g eps 1.0e-5 : !bh
  return %y : !bh
}

// -----

// The same in a training step, where the parameter is narrowed first and many
// gradients depend on it.
!f32_vh = !flm.tensor<[vocab=8, hidden=4] f32>
!vh = !flm.tensor<[vocab=8, hidden=4] bf16>
!bsh = !flm.tensor<[batch=2, seq=4, hidden=4] bf16>
!bsv = !flm.tensor<[batch=2, seq=4, vocab=8] bf16>
!i32_bs = !flm.tensor<[batch=2, seq=4] i32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @tied_gradients of @c(%tokens: !i32_bs) {
  // expected-error @below {{parameter "embed" is used before and after the layers (tied embeddings), so it is needed at the first and at the last stage of 'pp'; give the model two parameters, or leave layers -> pp out of the plan}}
  %table = param "embed" : !f32_vh
  %narrow = cast %table : !f32_vh -> !vh
  // expected-note @below {{used here}}
  %embed = embedding %tokens, %narrow : !i32_bs, !vh
  %x = loop over layers=2 (%h = %embed : !bsh) {
    yield %h : !bsh
  }
  %logits = linear %x, %narrow : !bsh -> !bsv
  // expected-note @below {{used here}}
  %dx = linear_grad_x %logits, %narrow : !bsv, !vh -> !bsh
  %d_embed = loop over layers=2 reverse (%d_h = %dx : !bsh) {
    yield %d_h : !bsh
  }
  return
}

// -----

// A residual around all layers.
!bh = !flm.tensor<[batch=2, hidden=4] f32>
flm.model @m dims [layers, blocks](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @around of @c(%tokens: !bh) {
  // expected-error @below {{%embed is needed at(first) and at(last) of 'pp'; what comes before and what comes after the layers may only meet in scalars}}
  %embed = scale %tokens by 2.0 : !bh
  // expected-note @below {{needed here}}
  %x = loop over layers=2 (%h = %embed : !bh) {
    yield %h : !bh
  }
  // expected-note @below {{needed here}}
  %y = add %x, %embed : !bh
  return %y : !bh
}

// -----

!bh = !flm.tensor<[batch=2, hidden=4] f32>
flm.model @m dims [layers, blocks](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @indivisible of @c(%tokens: !bh) {
  %embed = scale %tokens by 2.0 : !bh
  // expected-error @below {{layers = 5 does not divide by pp = 2 (needed by this loop); next sizes: 4, 6}}
  %x = loop over layers=5 (%h = %embed : !bh) {
    yield %h : !bh
  }
  return
}

// -----

!bh = !flm.tensor<[batch=2, hidden=4] f32>
flm.recipe @r {pipeline_chunks = 2}
flm.model @m dims [layers, blocks](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 4) {layers -> pp}
flm.program @indivisible of @c(%tokens: !bh) {
  %embed = scale %tokens by 2.0 : !bh
  // expected-error @below {{layers = 12 does not divide by pp = 4 x pipeline_chunks = 2 (needed by this loop); next sizes: 8, 16}}
  %x = loop over layers=12 (%h = %embed : !bh) {
    yield %h : !bh
  }
  return
}

// -----

!bh = !flm.tensor<[batch=2, hidden=4] f32>
flm.model @m dims [layers, blocks](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
// expected-error @below {{argument %x enters the layers as it is; compute something from it first (an embedding)}}
flm.program @argument of @c(%x: !bh) {
  %y = loop over layers=2 (%h = %x : !bh) {
    yield %h : !bh
  }
  return
}

// -----

!bh = !flm.tensor<[batch=2, hidden=4] f32>
flm.model @m dims [layers, blocks](%x: [layers]) { return }
// expected-error @below {{plan @p spreads two loops, over layers and over blocks; a pipeline has one, leave one entry out}}
flm.plan @p of @m on grid(pp = 2, qq = 2) {layers -> pp, blocks -> qq}
flm.program @two of @c(%x: !bh) {
  %y = loop over layers=2 (%h = %x : !bh) {
    yield %h : !bh
  }
  %z = loop over blocks=2 (%h = %x : !bh) {
    yield %h : !bh
  }
  return
}

// -----

// A gain of the first stage that every layer uses.
!bh = !flm.tensor<[batch=2, hidden=4] f32>
!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers, blocks](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @shared of @c(%tokens: !bh) {
  %g = param "shared" : !h
  %embed = rms_norm %tokens, %g eps 1.0e-5 : !bh
  %x = loop over layers=2 (%h = %embed : !bh) {
    // expected-error @below {{is in the layers of all stages of 'pp' and reads %g, which is at(first); carry it through the layers, or give each of them its own}}
    %n = rms_norm %h, %g eps 1.0e-5 : !bh
    yield %n : !bh
  }
  return
}
