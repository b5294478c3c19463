// Specs that no choice can instantiate.
// RUN: flm-opt %s --flm-instantiate-model -verify-diagnostics -split-input-file

// expected-error @below {{the spec has no config}}
module {
  flm.model @m dims [batch](%x: [batch]) { return }
}

// -----

// expected-error @below {{the spec has no recipe}}
module {
  flm.model @m dims [batch, hidden](%x: [batch]) { return }
  flm.config @c of @m {hidden = 4}
}

// -----

// A plan is of one model.
// expected-error @below {{the spec has no plan}}
module {
  flm.model @m dims [batch, hidden](%x: [batch]) { return }
  flm.model @n dims [batch](%x: [batch]) { return }
  flm.config @c of @m {hidden = 4}
  flm.recipe @r {}
  flm.plan @p of @n on grid() {}
}

// -----

module {
  flm.model @m dims [batch, hidden](%x: [batch]) { return }
  // expected-error @below {{binds 'batch', which is the recipe's micro_batch}}
  flm.config @c of @m {batch = 2, hidden = 4}
  flm.recipe @r {}
  flm.plan @p of @m on grid() {}
}

// -----

module {
  // expected-error @below {{is already bound to config @c}}
  flm.model @m config @c dims [batch, hidden](%x: [batch]) { return }
  flm.config @c of @m {hidden = 4}
  flm.recipe @r {}
  flm.plan @p of @m on grid() {}
}
