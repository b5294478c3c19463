// Names of parameters are keys of a checkpoint: JSON, with one tensor for each
// layer. So are those of models, configs, recipes and plans in a manifest.
// RUN: flm-opt %s -verify-diagnostics -split-input-file

flm.model @m dims [a](%x: [a]) {
  // expected-error @below {{the name of a parameter must be UTF-8, as the JSON of a checkpoint is; byte 3 of it is not}}
  %w = param "bad\FFname" : [a]
  return
}

// -----

flm.model @m dims [a, layers](%x: [a]) {
  %y = loop over layers (%h = %x : [a]) {
    // An overlong encoding of '/'.
    // expected-error @below {{must be UTF-8}}
    %w = param "\C0\AF" : [a]
    yield %h : [a]
  }
  return
}

// -----

// UTF-8 is fine.
flm.model @m dims [a](%x: [a]) {
  %w = param "Gewicht.größe.\E2\88\9E" : [a]
  return
}

// -----

flm.model @m dims [a](%x: [a]) {
  // expected-error @below {{a parameter needs a name}}
  %w = param "" : [a]
  return
}

// -----

flm.model @m dims [a](%x: [a]) {
  // expected-error @below {{"__metadata__" is reserved by the safetensors format; call this parameter otherwise}}
  %w = param "__metadata__" : [a]
  return
}

// -----

flm.model @m dims [a](%x: [a]) {
  // expected-error @below {{"we*ird" has a '*', which stands for the number of a layer; call this parameter otherwise}}
  %w = param "we*ird" : [a]
  return
}

// -----

flm.model @m dims [a](%x: [a]) {
  // expected-error @below {{"exp_avg_sq.w" begins with "exp_avg_sq.", as the optimizer's state does}}
  %w = param "exp_avg_sq.w" : [a]
  return
}

// -----

// The first layer's "w" and one outside.
flm.model @m dims [a, layers](%x: [a]) {
  %y = loop over layers (%h = %x : [a]) {
    // expected-note @below {{the other is here}}
    %w = param "w" : [a]
    yield %h : [a]
  }
  // expected-error @below {{parameter "model.layers.0.w" has the name of "model.layers.*.w" in a checkpoint ('*' is the number of a layer)}}
  %v = param "model.layers.0.w" : [a]
  return
}

// -----

// No index of a layer is written so.
flm.model @m dims [a, layers](%x: [a]) {
  %u = param "model.layers.00.w" : [a]
  %v = param "model.layers.x.w" : [a]
  %y = loop over layers (%h = %x : [a]) {
    %w = param "w" : [a]
    yield %h : [a]
  }
  return
}

// -----

// Dims with dots: layer 0 of `b` is b.0's.
flm.model @m dims [a, b, b.0](%x: [a]) {
  %y = loop over b (%h = %x : [a]) {
    // expected-note @below {{the other is here}}
    %w = param "0.w" : [a]
    yield %h : [a]
  }
  %z = loop over b.0 (%h = %x : [a]) {
    // expected-error @below {{parameter "model.b.0.*.w" has the name of "model.b.*.0.w" in a checkpoint}}
    %w = param "w" : [a]
    yield %h : [a]
  }
  return
}

// -----

// A program's state, too.
flm.program @p of @c() {
  // expected-error @below {{must be UTF-8}}
  %w = state "\80" : [a=4] f32
  return
}

// -----

// expected-error @below {{its name must be UTF-8: it is written to the training binary's manifest, which is JSON}}
flm.model @"m\FF" dims [a](%x: [a]) { return }

// -----

flm.model @m dims [a](%x: [a]) { return }
// expected-error @below {{its name must be UTF-8}}
flm.config @"\FF" of @m {a = 4}

// -----

// expected-error @below {{its name must be UTF-8}}
flm.recipe @"\FF" {lr = 1.0}

// -----

flm.model @m dims [a](%x: [a]) { return }
// expected-error @below {{its name must be UTF-8}}
flm.plan @"\FF" of @m on grid() {}
