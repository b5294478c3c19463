// RUN: flm-opt %s --flm-apply-mup -verify-diagnostics

// expected-error @below {{flm-apply-mup needs the output of stage graph, run that first: it is not bound to a config, recipe and plan}}
flm.model @m dims [batch](%x: [batch]) { return }
