// RUN: flm-opt %s --flm-apply-mup -verify-diagnostics

// expected-error @below {{is not bound; run flm-instantiate-model first}}
flm.model @m dims [batch](%x: [batch]) { return }
