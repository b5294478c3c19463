// RUN: flm-opt %s -verify-diagnostics -split-input-file --allow-unregistered-dialect

// expected-error @below {{a dim must be positive}}
"test.op"() {a = #flm.dim<batch=0>} : () -> ()

// -----

// expected-error @below {{round_up needs a positive multiple}}
"test.op"() {a = #flm.dim_def<p = round_up(vocab, -64)>} : () -> ()

// -----

// expected-error @below {{expected split, partial or at}}
"test.op"() {a = #flm.state<dp: replicated(x)>} : () -> ()

// -----

// expected-error @below {{expected vector, matrix or output}}
"test.op"() {a = #flm.mup<tensor, normal(0.1), lr 1.0, wd 1.0, eps 1.0, "">} : () -> ()

// -----

// expected-error @below {{expected normal or constant}}
"test.op"() {a = #flm.mup<matrix, uniform(0.1), lr 1.0, wd 1.0, eps 1.0, "">} : () -> ()

// -----

// expected-error @below {{expected state, scratch, argument or result}}
"test.op"() {a = #flm.buffer<heap, 0, 64>} : () -> ()
