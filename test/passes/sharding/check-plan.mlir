// RUN: flm-opt %s --flm-check-plan -verify-diagnostics -split-input-file | FileCheck %s

// A grid without axes, or of axes of one, is one rank: nothing is split.
// CHECK-LABEL: flm.model @fine
flm.model @fine dims [batch](%x: [batch]) { return }
flm.plan @none of @fine on grid() {}
flm.plan @ones of @fine on grid(dp = 1, tp = 1) {batch -> dp}

// -----

flm.model @m dims [batch, heads, layers](%x: [batch]) { return }
// expected-error @below {{plan @megatron_896 has 896 ranks (dp = 112, pp = 2, tp = 4); this version compiles plans of one rank}}
flm.plan @megatron_896 of @m on grid(dp = 112, pp = 2, tp = 4) {batch -> dp, heads -> tp, layers -> pp, optimizer -> dp}
