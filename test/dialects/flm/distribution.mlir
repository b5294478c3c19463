// What the types refuse, and what they must accept. Each refused program is a
// mistake that a hand-written parallel trainer can make and that then runs, with
// wrong gradients.
// RUN: flm-opt %s -split-input-file -verify-diagnostics | flm-opt | FileCheck %s

// The optimizer consumes a gradient that is still partial over dp.
flm.program @p of @c(%p: !flm.tensor<[hidden=12, ffn=16] f32>, %m: !flm.tensor<[hidden=12, ffn=16] f32>, %v: !flm.tensor<[hidden=12, ffn=16] f32>, %d: !flm.tensor<[hidden=12, ffn=16] f32 on {dp: partial(sum)}>, %c: !flm.tensor<[] f32>, %h: !flm.tensor<[hyper=8] f32>) {
  // expected-error @+1 {{'flm.adamw' op operand #3 (%d) is partial(sum) over 'dp' but the op is not linear in it; reduce it first}}
  %p1, %m1, %v1 = adamw %p, %m, %v, %d, %c, %h lr 1.0 wd 1.0 eps 1.0 : (!flm.tensor<[hidden=12, ffn=16] f32>, !flm.tensor<[hidden=12, ffn=16] f32>, !flm.tensor<[hidden=12, ffn=16] f32>, !flm.tensor<[hidden=12, ffn=16] f32 on {dp: partial(sum)}>, !flm.tensor<[hidden=12, ffn=16] f32>, !flm.tensor<[hidden=12, ffn=16] f32>, !flm.tensor<[hidden=12, ffn=16] f32>), !flm.tensor<[] f32>, !flm.tensor<[hyper=8] f32>
  return
}

// -----

// The same under ZeRO-1: the state is split, the gradient still partial.
flm.program @p of @c(%p: !flm.tensor<[hidden=12, ffn=16] f32 on {dp: split(*)}>, %m: !flm.tensor<[hidden=12, ffn=16] f32 on {dp: split(*)}>, %v: !flm.tensor<[hidden=12, ffn=16] f32 on {dp: split(*)}>, %d: !flm.tensor<[hidden=12, ffn=16] f32 on {dp: partial(sum)}>, %c: !flm.tensor<[] f32>, %h: !flm.tensor<[hyper=8] f32>) {
  // expected-error @+1 {{operand #3 (%d) is partial(sum) over 'dp' but the op is not linear in it; reduce it first}}
  %p1, %m1, %v1 = adamw %p, %m, %v, %d, %c, %h lr 1.0 wd 1.0 eps 1.0 : (!flm.tensor<[hidden=12, ffn=16] f32 on {dp: split(*)}>, !flm.tensor<[hidden=12, ffn=16] f32 on {dp: split(*)}>, !flm.tensor<[hidden=12, ffn=16] f32 on {dp: split(*)}>, !flm.tensor<[hidden=12, ffn=16] f32 on {dp: partial(sum)}>, !flm.tensor<[hidden=12, ffn=16] f32 on {dp: split(*)}>, !flm.tensor<[hidden=12, ffn=16] f32 on {dp: split(*)}>, !flm.tensor<[hidden=12, ffn=16] f32 on {dp: split(*)}>), !flm.tensor<[] f32>, !flm.tensor<[hyper=8] f32>
  return
}

// -----

// A norm's gradient that sequence parallelism left partial over tp.
flm.program @p of @c(%p: !flm.tensor<[hidden=12] f32>, %m: !flm.tensor<[hidden=12] f32>, %v: !flm.tensor<[hidden=12] f32>, %d: !flm.tensor<[hidden=12] f32 on {tp: partial(sum)}>, %c: !flm.tensor<[] f32>, %h: !flm.tensor<[hyper=8] f32>) {
  // expected-error @+1 {{operand #3 (%d) is partial(sum) over 'tp' but the op is not linear in it}}
  %p1, %m1, %v1 = adamw %p, %m, %v, %d, %c, %h lr 1.0 wd 1.0 eps 1.0 : (!flm.tensor<[hidden=12] f32>, !flm.tensor<[hidden=12] f32>, !flm.tensor<[hidden=12] f32>, !flm.tensor<[hidden=12] f32 on {tp: partial(sum)}>, !flm.tensor<[hidden=12] f32>, !flm.tensor<[hidden=12] f32>, !flm.tensor<[hidden=12] f32>), !flm.tensor<[] f32>, !flm.tensor<[hyper=8] f32>
  return
}

// -----

// SiLU of a partial value.
flm.program @p of @c(%a: !flm.tensor<[batch=4, seq=8, ffn=16] f32 on {tp: partial(sum)}>, %b: !flm.tensor<[batch=4, seq=8, ffn=16] f32>) {
  // expected-error @+1 {{'flm.silu_mul' op operand #0 (%a) is partial(sum) over 'tp' but the op is not linear in it; reduce it first}}
  %y = silu_mul %a, %b : (!flm.tensor<[batch=4, seq=8, ffn=16] f32 on {tp: partial(sum)}>, !flm.tensor<[batch=4, seq=8, ffn=16] f32>, !flm.tensor<[batch=4, seq=8, ffn=16] f32 on {tp: partial(sum)}>)
  return
}

// -----

// A norm of a partial value: the all-reduce after o_proj was forgotten.
flm.program @p of @c(%a: !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>, %g: !flm.tensor<[hidden=12] f32>) {
  // expected-error @+1 {{'flm.rms_norm' op operand #0 (%a) is partial(sum) over 'tp' but the op is not linear in it; reduce it first}}
  %y = rms_norm %a, %g eps 1.0e-5 : !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>
  return
}

// -----

// A partial bias: each rank would add its part to a whole row.
flm.program @p of @c(%a: !flm.tensor<[batch=4, seq=8, hidden=12] f32>, %g: !flm.tensor<[hidden=12] f32>, %b: !flm.tensor<[hidden=12] f32 on {tp: partial(sum)}>) {
  // expected-error @+1 {{'flm.layer_norm' op operand #2 (%b) is partial(sum) over 'tp' but the op is not linear in it; reduce it first}}
  %y = layer_norm %a, %g, %b eps 1.0e-5 : (!flm.tensor<[batch=4, seq=8, hidden=12] f32>, !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>, !flm.tensor<[hidden=12] f32>, !flm.tensor<[hidden=12] f32 on {tp: partial(sum)}>)
  return
}

// -----

// Residual: replicated + partial.
flm.program @p of @c(%a: !flm.tensor<[batch=4, seq=8, hidden=12] f32>, %b: !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>) {
  // expected-error @+1 {{operand #1 (%b) is partial(sum) over 'tp' but operand #0 (%a) is replicated: reduce #1, or turn #0 into partial with an explicit mask}}
  %y = add %a, %b : (!flm.tensor<[batch=4, seq=8, hidden=12] f32>, !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>, !flm.tensor<[batch=4, seq=8, hidden=12] f32>)
  return
}

// -----

// Residual: split(seq) + partial.
flm.program @p of @c(%a: !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}>, %b: !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>) {
  // expected-error @+1 {{operand #1 (%b) is partial(sum) over 'tp' but operand #0 (%a) is split(seq)}}
  %y = add %a, %b : (!flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}>, !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>, !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}>)
  return
}

// -----

// A product of two partial values.
flm.program @p of @c(%a: !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>, %b: !flm.tensor<[batch=4, seq=8, ffn=16] f32 on {tp: partial(sum)}>) {
  // expected-error @+1 {{operand #0 (%a) and operand #1 (%b) are partial over 'tp': product of two sums; only one may be partial}}
  %y = linear_grad_w %a, %b : !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>, !flm.tensor<[batch=4, seq=8, ffn=16] f32 on {tp: partial(sum)}> -> !flm.tensor<[hidden=12, ffn=16] f32 on {tp: partial(sum)}>
  return
}

// -----

// A row-parallel weight with an input that was not sliced.
flm.program @p of @c(%a: !flm.tensor<[batch=4, seq=8, ffn=16] f32>, %b: !flm.tensor<[hidden=12, ffn=16] f32 on {tp: split(ffn)}>) {
  // expected-error @+1 {{states over 'tp' fit no rule: operands [replicated, split(ffn)] and results [partial(sum)]; it may be split along batch, seq, ffn, hidden}}
  %y = linear %a, %b : (!flm.tensor<[batch=4, seq=8, ffn=16] f32>, !flm.tensor<[hidden=12, ffn=16] f32 on {tp: split(ffn)}>) -> !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>
  return
}

// -----

// The maximum of split logits was not reduced.
flm.program @p of @c(%l: !flm.tensor<[batch=4, seq=8, vocab=52] f32 on {tp: split(vocab)}>, %m: !flm.tensor<[batch=4, seq=8] f32 on {tp: partial(max)}>) {
  // expected-error @+1 {{operand #1 (%m) is partial(max) over 'tp' but the op is not linear in it; reduce it first}}
  %y = sum_exp %l, %m : !flm.tensor<[batch=4, seq=8, vocab=52] f32 on {tp: split(vocab)}>, (!flm.tensor<[batch=4, seq=8] f32 on {tp: partial(max)}>, !flm.tensor<[batch=4, seq=8] f32 on {tp: partial(sum)}>)
  return
}

// -----

// A clip factor from a partial sum of squares.
flm.program @p of @c(%a: !flm.tensor<[] f32 on {dp: partial(sum)}>, %h: !flm.tensor<[hyper=8] f32>) {
  // expected-error @+1 {{'flm.clip' op operand #0 (%a) is partial(sum) over 'dp' but the op is not linear in it}}
  %n, %c = clip %a, %h : (!flm.tensor<[] f32 on {dp: partial(sum)}>, !flm.tensor<[] f32>, !flm.tensor<[] f32>), !flm.tensor<[hyper=8] f32>
  return
}

// -----

// A gradient norm that adds replicated and partial squares: counted n times.
flm.program @p of @c(%a: !flm.tensor<[] f32 on {tp: partial(sum)}>, %b: !flm.tensor<[] f32>) {
  // expected-error @+1 {{operand #0 (%a) is partial(sum) over 'tp' but operand #1 (%b) is replicated}}
  %y = add %a, %b : (!flm.tensor<[] f32 on {tp: partial(sum)}>, !flm.tensor<[] f32>, !flm.tensor<[] f32 on {tp: partial(sum)}>)
  return
}

// -----

// Squares of a partial gradient.
flm.program @p of @c(%a: !flm.tensor<[hidden=12, ffn=16] f32 on {dp: partial(sum)}>) {
  // expected-error @+1 {{operand #0 (%a) is partial(sum) over 'dp' but the op is not linear in it}}
  %y = sum_squares %a : !flm.tensor<[hidden=12, ffn=16] f32 on {dp: partial(sum)}> -> !flm.tensor<[] f32 on {dp: partial(sum)}>
  return
}

// -----

// A mean over a split batch: each rank would divide by its own part.
flm.program @p of @c(%a: !flm.tensor<[batch=4, seq=8] f32 on {dp: split(batch)}>) {
  // expected-error @+1 {{states over 'dp' fit no rule: operands [split(batch)] and results [partial(sum)]; nothing may be split here, make all replicated}}
  %y = mean_abs %a : !flm.tensor<[batch=4, seq=8] f32 on {dp: split(batch)}> -> !flm.tensor<[] f32 on {dp: partial(sum)}>
  return
}

// -----

// A maximum is not summed.
flm.program @p of @c(%a: !flm.tensor<[batch=4, seq=8] f32 on {tp: partial(max)}>) {
  // expected-error @+1 {{no collective turns partial(max) into split(seq) over 'tp'; go through replicated}}
  %y = reshard %a : !flm.tensor<[batch=4, seq=8] f32 on {tp: partial(max)}> -> !flm.tensor<[batch=4, seq=8] f32 on {tp: split(seq)}>
  return
}

// -----

// Two axes at once.
flm.program @p of @c(%a: !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {dp: partial(sum), tp: partial(sum)}>) {
  // expected-error @+1 {{changes the states of two axes, 'dp' and 'tp'; use one reshard for each}}
  %y = reshard %a : !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {dp: partial(sum), tp: partial(sum)}> -> !flm.tensor<[batch=4, seq=8, hidden=12] f32>
  return
}

// -----

// A flat split pins the splits of the other axes.
flm.program @p of @c(%a: !flm.tensor<[hidden=12, ffn=16] f32 on {dp: split(*), tp: split(ffn)}>) {
  // expected-error @+1 {{changes the split over 'tp' of a value that is flat over 'dp': gather the flat split first}}
  %y = reshard %a : !flm.tensor<[hidden=12, ffn=16] f32 on {dp: split(*), tp: split(ffn)}> -> !flm.tensor<[hidden=12, ffn=16] f32 on {dp: split(*)}>
  return
}

// -----

// Zeros are a partial value, other constants are not.
flm.program @p of @c() {
  // expected-error @+1 {{'flm.fill' op states over 'tp' fit no rule: operands [] and results [partial(sum)]}}
  %y = fill 1.0 : !flm.tensor<[] f32 on {tp: partial(sum)}>
  return
}

// -----

// A carry that is no fixpoint: in as split, out as partial.
flm.program @p of @c(%a: !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}>, %b: !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>) {
  // expected-error @+1 {{carried value #0 enters as}}
  %y = loop over layers=2 (%h = %a : !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}>) {
    yield %b : !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>
  }
  return
}

// -----

// A carry that enters whole and comes round in parts.
flm.program @p of @c(%a: !flm.tensor<[batch=4, seq=8, hidden=12] f32>, %b: !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}>) {
  // expected-error @+1 {{carried value #0 enters as}}
  %y = loop over layers=2 (%h = %a : !flm.tensor<[batch=4, seq=8, hidden=12] f32>) {
    yield %b : !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}>
  }
  return
}

// -----

// An all-reduce of a gradient that is whole on every rank, which would count it n
// times: a value has one type, so it can not be called partial afterwards.
// expected-note @+1 {{prior use here}}
flm.program @p of @c(%d: !flm.tensor<[hidden=12] f32>) {
  // expected-error @+1 {{use of value '%d' expects different type than prior uses}}
  %y = reshard %d : !flm.tensor<[hidden=12] f32 on {dp: partial(sum)}> -> !flm.tensor<[hidden=12] f32>
  return
}

// -----

// A loss that is averaged a second time: there is no partial mean.
// expected-error @+1 {{a partial is a sum or a max, not 'mean'}}
flm.program @p of @c(%l: !flm.tensor<[] f32 on {dp: partial(mean)}>) {
  return
}

// -----

// Terms of a sum, whose maximum is asked for.
flm.program @p of @c(%a: !flm.tensor<[batch=4, seq=8] f32 on {tp: partial(sum)}>) {
  // expected-error @+1 {{no collective turns partial(sum) into partial(max) over 'tp'; go through replicated}}
  %y = reshard %a : !flm.tensor<[batch=4, seq=8] f32 on {tp: partial(sum)}> -> !flm.tensor<[batch=4, seq=8] f32 on {tp: partial(max)}>
  return
}

// -----

// A parameter that is left partial between steps.
flm.program @p of @c(%p: !flm.tensor<[hidden=12] f32 on {dp: partial(sum)}>) {
  // expected-error @+1 {{'flm.update' op "model.norm.weight" lives between steps, so it can not be partial(sum) over 'dp'; reduce it first}}
  update "model.norm.weight" with %p : !flm.tensor<[hidden=12] f32 on {dp: partial(sum)}>
  return
}

// -----

// And one that is read as if it were.
flm.program @p of @c() {
  // expected-error @+1 {{'flm.state' op "exp_avg.w" lives between steps, so it can not be partial(sum) over 'tp'}}
  %m = state "exp_avg.w" : !flm.tensor<[hidden=12] f32 on {tp: partial(sum)}>
  return
}

// -----

// A loss that is returned before ranks have added theirs.
flm.program @p of @c(%l: !flm.tensor<[] f32 on {dp: partial(sum)}>) {
  // expected-error @+1 {{'flm.return' op operand #0 (%l) is partial(sum) over 'dp', but callers read whole values; make it replicated with a reshard}}
  return %l : !flm.tensor<[] f32 on {dp: partial(sum)}>
}

// -----

// Logits of one rank's vocabulary.
flm.program @p of @c(%l: !flm.tensor<[seq=8, vocab=52] f32 on {tp: split(vocab)}>) {
  // expected-error @+1 {{operand #0 (%l) is split(vocab) over 'tp', but callers read whole values}}
  return %l : !flm.tensor<[seq=8, vocab=52] f32 on {tp: split(vocab)}>
}

// -----

// Layers out of a stack that was flattened over all of them.
flm.program @p of @c(%w: !flm.tensor<[layers=2, hidden=12] f32 on {dp: split(*)}>) {
  // expected-error @+1 {{slice #0 is flat over 'dp', but a part of a flat stack is no stack of flat parts; gather it first}}
  %y = loop over layers=2 () slices (%s = %w : !flm.tensor<[hidden=12] f32 on {dp: split(*)}>) {
    %t = scale %s by 2.0 : !flm.tensor<[hidden=12] f32 on {dp: split(*)}>
    yield stack %t : !flm.tensor<[hidden=12] f32 on {dp: split(*)}>
  }
  return
}

// -----

// Hyper-parameters are no part of a parameter, whole or flat.
flm.program @p of @c(%p: !flm.tensor<[hidden=12] f32 on {dp: split(*)}>, %c: !flm.tensor<[] f32>, %h: !flm.tensor<[hyper=8] f32 on {dp: split(*)}>) {
  // expected-error @+1 {{states over 'dp' fit no rule}}
  %p1, %m1, %v1 = adamw %p, %p, %p, %p, %c, %h lr 1.0 wd 1.0 eps 1.0 : !flm.tensor<[hidden=12] f32 on {dp: split(*)}>, !flm.tensor<[] f32>, !flm.tensor<[hyper=8] f32 on {dp: split(*)}>
  return
}

// -----

// A square weight has its dim twice, so a split along it says nothing.
flm.program @p of @c(%x: !flm.tensor<[batch=4, hidden=12] f32 on {tp: split(hidden)}>, %w: !flm.tensor<[hidden=12, hidden=12] f32>) {
  // expected-error @+1 {{states over 'tp' fit no rule: operands [split(hidden), replicated] and results [split(hidden)]; it may be split along batch,}}
  %y = linear %x, %w : !flm.tensor<[batch=4, hidden=12] f32 on {tp: split(hidden)}> -> !flm.tensor<[batch=4, hidden=12] f32 on {tp: split(hidden)}>
  return
}

// -----
// Column- and row-parallel MLP with sequence parallelism, forward and one weight
// gradient, as it must be accepted.
// CHECK-LABEL: flm.program @accepted
flm.program @accepted of @c(%x: !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}>,
    %up: !flm.tensor<[ffn=16, hidden=12] f32 on {tp: split(ffn)}>,
    %down: !flm.tensor<[hidden=12, ffn=16] f32 on {tp: split(ffn)}>,
    %dy: !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}>) {
  // CHECK: %[[ALL:.*]] = reshard %x
  %all = reshard %x : !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}> -> !flm.tensor<[batch=4, seq=8, hidden=12] f32>
  %u = linear %all, %up : (!flm.tensor<[batch=4, seq=8, hidden=12] f32>, !flm.tensor<[ffn=16, hidden=12] f32 on {tp: split(ffn)}>) -> !flm.tensor<[batch=4, seq=8, ffn=16] f32 on {tp: split(ffn)}>
  // CHECK: linear %u, %down : (!f32_bsf_tp_f, !f32_hf_tp_f) -> !f32_bsh_tp_sum
  %d = linear %u, %down : (!flm.tensor<[batch=4, seq=8, ffn=16] f32 on {tp: split(ffn)}>, !flm.tensor<[hidden=12, ffn=16] f32 on {tp: split(ffn)}>) -> !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>
  %y = reshard %d : !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}> -> !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}>
  %r = add %x, %y : !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}>
  // The gradient of a norm's gain over split tokens is partial: the reduction
  // that sequence parallelism needs.
  // CHECK: rms_norm_grad_g %dy, %r eps 1.0e-5 : !f32_bsh_tp_s -> !f32_h_tp_sum
  %dg = rms_norm_grad_g %dy, %r eps 1.0e-5 : !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: split(seq)}> -> !flm.tensor<[hidden=12] f32 on {tp: partial(sum)}>
  // Sums of partial values stay partial, and so do their multiples.
  %twice = add %d, %d : !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>
  %half = scale %twice by 0.5 : !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>
  // CHECK: fill 0.0 : !f32_bsh_tp_sum
  %zero = fill 0.0 : !flm.tensor<[batch=4, seq=8, hidden=12] f32 on {tp: partial(sum)}>
  return
}
