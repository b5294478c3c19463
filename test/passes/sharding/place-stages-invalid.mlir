// RUN: flm-opt %s --flm-place-stages -split-input-file -verify-diagnostics

!bh = !flm.tensor<[batch=2, hidden=4] f32>
!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers, blocks](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @tied of @c(%tokens: !bh) {
  // expected-error @below {{parameter "embed" is needed at(last) and at(first) of 'pp', where it is used before and after the layers (tied embeddings); give the model two parameters, or leave layers -> pp out of the plan}}
  %g = param "embed" : !h
  // expected-note @below {{needed here}}
  %embed = rms_norm %tokens, %g eps 1.0e-5 : !bh
  %x = loop over layers=2 (%h = %embed : !bh) {
    yield %h : !bh
  }
  // expected-note @below {{needed here}}
  %y = rms_norm %x, %g eps 1.0e-5 : !bh
  return %y : !bh
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
