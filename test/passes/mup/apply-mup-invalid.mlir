// RUN: flm-opt %s --flm-apply-mup -verify-diagnostics -split-input-file

// expected-error @below {{flm-apply-mup needs the output of stage graph, run that first: it is not bound to a config, recipe and plan}}
flm.model @m dims [batch](%x: [batch]) { return }

// -----

// Keys and values of fewer heads, which were left out of the recipe's width.
!bs = !flm.tensor<[batch=2, seq=4] i32>
!bsh = !flm.tensor<[batch=2, seq=4, hidden=8] f32>
!bsv = !flm.tensor<[batch=2, seq=4, vocab=16] f32>
!vh = !flm.tensor<[vocab=16, hidden=8] f32>
!h = !flm.tensor<[hidden=8] f32>
!bs_kd = !flm.tensor<[batch=2, seq=4, kv_heads=2 * head_dim=2] f32>
flm.config @c of @m {batch = 2, seq = 4, vocab = 16, hidden = 8, kv_heads = 2, head_dim = 2, layers = 3}
flm.recipe @r {width = [hidden]}
flm.plan @p of @m on grid() {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden, kv_heads, head_dim, layers] (%tokens: !bs, %targets: !bs) {
  %table = param "table" : !vh
  %x = embedding %tokens, %table : !bs, !vh
  // expected-error @below {{parameter "model.layers.*.k_proj" contracts hidden, which grows with width, into kv_heads * head_dim, which does not, and is no head; let kv_heads grow too, in the recipe's 'width', or leave hidden out of it}}
  %k_all = param "model.layers.*.k_proj" : [layers=3, kv_heads=2 * head_dim=2, hidden=8] f32
  %o_all = param "model.layers.*.o_proj" : [layers=3, hidden=8, kv_heads=2 * head_dim=2] f32
  %y = loop over layers=3 (%h = %x : !bsh) slices (%k_proj = %k_all : [kv_heads=2 * head_dim=2, hidden=8] f32, %o_proj = %o_all : [hidden=8, kv_heads=2 * head_dim=2] f32) {
    // expected-note @below {{used here}}
    %k = linear %h, %k_proj : !bsh -> !bs_kd
    %a = linear %k, %o_proj : !bs_kd -> !bsh
    yield %a : !bsh
  }
  %head = param "head" : !vh
  %logits = linear %y, %head : !bsh -> !bsv
  %loss = cross_entropy %logits, %targets : !bsv, !bs
  return %loss : [] f32
}

// -----

// Outside the layers, but not the last parameter before the loss.
!bs = !flm.tensor<[batch=2, seq=4] i32>
!bsh = !flm.tensor<[batch=2, seq=4, hidden=8] f32>
!bsv = !flm.tensor<[batch=2, seq=4, vocab=16] f32>
!vh = !flm.tensor<[vocab=16, hidden=8] f32>
!h = !flm.tensor<[hidden=8] f32>
!bs_kd = !flm.tensor<[batch=2, seq=4, kv_heads=2 * head_dim=2] f32>
flm.config @c of @m {batch = 2, seq = 4, vocab = 16, hidden = 8, kv_heads = 2, head_dim = 2, layers = 3}
flm.recipe @r {width = [hidden]}
flm.plan @p of @m on grid() {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden, kv_heads, head_dim, layers] (%tokens: !bs, %targets: !bs) {
  %table = param "table" : !vh
  %x = embedding %tokens, %table : !bs, !vh
  // expected-error @below {{parameter "down" contracts hidden, which grows with width, into kv_heads * head_dim, which does not, and is no head}}
  %down = param "down" : [kv_heads=2 * head_dim=2, hidden=8] f32
  %up = param "up" : [hidden=8, kv_heads=2 * head_dim=2] f32
  // expected-note @below {{used here}}
  %d = linear %x, %down : !bsh -> !bs_kd
  %y = linear %d, %up : !bs_kd -> !bsh
  %head = param "head" : !vh
  %logits = linear %y, %head : !bsh -> !bsv
  %loss = cross_entropy %logits, %targets : !bsv, !bs
  return %loss : [] f32
}

// -----

// One dim, and no gain.
!bs = !flm.tensor<[batch=2, seq=4] i32>
!bsh = !flm.tensor<[batch=2, seq=4, hidden=8] f32>
!bsv = !flm.tensor<[batch=2, seq=4, vocab=16] f32>
!vh = !flm.tensor<[vocab=16, hidden=8] f32>
!h = !flm.tensor<[hidden=8] f32>
!bs_kd = !flm.tensor<[batch=2, seq=4, kv_heads=2 * head_dim=2] f32>
flm.config @c of @m {batch = 2, seq = 4, vocab = 16, hidden = 8, kv_heads = 2, head_dim = 2, layers = 3}
flm.recipe @r {width = [hidden]}
flm.plan @p of @m on grid() {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden, kv_heads, head_dim, layers] (%tokens: !bs, %targets: !bs) {
  %table = param "table" : !vh
  %x = embedding %tokens, %table : !bs, !vh
  // expected-error @below {{parameter "a" is no table, weight, gain or bias of 'flm.silu_mul', so nothing says how it begins and learns}}
  %a = param "a" : !h
  %b = param "b" : !h
  // expected-note @below {{used here}}
  %c = silu_mul %a, %b : !h
  %y = rms_norm %x, %c eps 1.0e-5 : !bsh
  %head = param "head" : !vh
  %logits = linear %y, %head : !bsh -> !bsv
  %loss = cross_entropy %logits, %targets : !bsv, !bs
  return %loss : [] f32
}

// -----

// A gate of parameters: what it is used as says nothing of them.
!bs = !flm.tensor<[batch=2, seq=4] i32>
!bsh = !flm.tensor<[batch=2, seq=4, hidden=8] f32>
!bsv = !flm.tensor<[batch=2, seq=4, vocab=16] f32>
!vh = !flm.tensor<[vocab=16, hidden=8] f32>
!h = !flm.tensor<[hidden=8] f32>
!bs_kd = !flm.tensor<[batch=2, seq=4, kv_heads=2 * head_dim=2] f32>
flm.config @c of @m {batch = 2, seq = 4, vocab = 16, hidden = 8, kv_heads = 2, head_dim = 2, layers = 3}
flm.recipe @r {width = [hidden]}
flm.plan @p of @m on grid() {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden, kv_heads, head_dim, layers] (%tokens: !bs, %targets: !bs) {
  %table = param "table" : !vh
  %x = embedding %tokens, %table : !bs, !vh
  // expected-error @below {{parameter "a" is no table, weight, gain or bias of 'flm.silu_mul'}}
  %a = param "a" : !h
  %b = param "b" : !h
  // expected-note @below {{used here}}
  %c = silu_mul %a, %b : !h
  %y = rms_norm %x, %c eps 1.0e-5 : !bsh
  %head = param "head" : !vh
  %logits = linear %y, %head : !bsh -> !bsv
  %loss = cross_entropy %logits, %targets : !bsv, !bs
  return %loss : [] f32
}

// -----

// What a loop begins with.
!bs = !flm.tensor<[batch=2, seq=4] i32>
!bsh = !flm.tensor<[batch=2, seq=4, hidden=8] f32>
!bsv = !flm.tensor<[batch=2, seq=4, vocab=16] f32>
!vh = !flm.tensor<[vocab=16, hidden=8] f32>
!h = !flm.tensor<[hidden=8] f32>
!bs_kd = !flm.tensor<[batch=2, seq=4, kv_heads=2 * head_dim=2] f32>
flm.config @c of @m {batch = 2, seq = 4, vocab = 16, hidden = 8, kv_heads = 2, head_dim = 2, layers = 3}
flm.recipe @r {width = [hidden]}
flm.plan @p of @m on grid() {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden, kv_heads, head_dim, layers] (%tokens: !bs, %targets: !bs) {
  %table = param "table" : !vh
  %x = embedding %tokens, %table : !bs, !vh
  // expected-error @below {{parameter "start" is no table, weight, gain or bias of 'flm.loop'}}
  %start = param "start" : !bsh
  // expected-note @below {{used here}}
  %y = loop over layers=3 (%h = %start : !bsh) {
    %z = add %h, %x : !bsh
    yield %z : !bsh
  }
  %head = param "head" : !vh
  %logits = linear %y, %head : !bsh -> !bsv
  %loss = cross_entropy %logits, %targets : !bsv, !bs
  return %loss : [] f32
}

// -----

// Two roles.
!bs = !flm.tensor<[batch=2, seq=4] i32>
!bsh = !flm.tensor<[batch=2, seq=4, hidden=8] f32>
!bsv = !flm.tensor<[batch=2, seq=4, vocab=16] f32>
!vh = !flm.tensor<[vocab=16, hidden=8] f32>
!h = !flm.tensor<[hidden=8] f32>
!bs_kd = !flm.tensor<[batch=2, seq=4, kv_heads=2 * head_dim=2] f32>
flm.config @c of @m {batch = 2, seq = 4, vocab = 16, hidden = 8, kv_heads = 2, head_dim = 2, layers = 3}
flm.recipe @r {width = [hidden]}
flm.plan @p of @m on grid() {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden, kv_heads, head_dim, layers] (%tokens: !bs, %targets: !bs) {
  %table = param "table" : !vh
  %x = embedding %tokens, %table : !bs, !vh
  // expected-error @below {{parameter "g" is a gain of 'flm.rms_norm' and a bias of 'flm.add', which begin or learn differently}}
  %g = param "g" : !h
  %one = fill 1.0 : !h
  // expected-note @below {{and here}}
  %w = add %g, %one : !h
  // expected-note @below {{used here}}
  %n = rms_norm %x, %g eps 1.0e-5 : !bsh
  %y = rms_norm %n, %w eps 1.0e-5 : !bsh
  %head = param "head" : !vh
  %logits = linear %y, %head : !bsh -> !bsv
  %loss = cross_entropy %logits, %targets : !bsv, !bs
  return %loss : [] f32
}

// -----

// No role.
!bs = !flm.tensor<[batch=2, seq=4] i32>
!bsh = !flm.tensor<[batch=2, seq=4, hidden=8] f32>
!bsv = !flm.tensor<[batch=2, seq=4, vocab=16] f32>
!vh = !flm.tensor<[vocab=16, hidden=8] f32>
!h = !flm.tensor<[hidden=8] f32>
!bs_kd = !flm.tensor<[batch=2, seq=4, kv_heads=2 * head_dim=2] f32>
flm.config @c of @m {batch = 2, seq = 4, vocab = 16, hidden = 8, kv_heads = 2, head_dim = 2, layers = 3}
flm.recipe @r {width = [hidden]}
flm.plan @p of @m on grid() {}
flm.model @m config @c recipe @r plan @p dims [batch, seq, vocab, hidden, kv_heads, head_dim, layers] (%tokens: !bs, %targets: !bs) {
  %table = param "table" : !vh
  %x = embedding %tokens, %table : !bs, !vh
  // expected-error @below {{parameter "idle" is never used}}
  %idle = param "idle" : !h
  %g = param "g" : !h
  %y = rms_norm %x, %g eps 1.0e-5 : !bsh
  %head = param "head" : !vh
  %logits = linear %y, %head : !bsh -> !bsv
  %loss = cross_entropy %logits, %targets : !bsv, !bs
  return %loss : [] f32
}
