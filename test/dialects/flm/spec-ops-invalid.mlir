// What is wrong with a spec, where, and what to do about it.
// RUN: flm-opt %s -verify-diagnostics -split-input-file

//===-- Dims of a model ----------------------------------------------------===//

// expected-error @below {{'micro' is a dim that the compiler adds; call this one otherwise}}
flm.model @m dims [micro](%x: [micro]) { return }

// -----

// expected-error @below {{dim 'a' is declared twice}}
flm.model @m dims [a, a](%x: [a]) { return }

// -----

// expected-error @below {{dim 'c' is derived from 'b', which is not declared before it; did you mean 'a'?}}
flm.model @m dims [a, c = a / b, b](%x: [a]) { return }

// -----

// expected-error @below {{dim 'p' is derived from 'hiden', which is not declared before it; did you mean 'hidden'?}}
flm.model @m dims [hidden, p = round_up(hiden, 4)](%x: [hidden]) { return }

// -----

// expected-error @below {{round_up needs a positive multiple}}
flm.model @m dims [a, p = round_up(a, 0)](%x: [a]) { return }

// -----

// expected-error @below {{unknown dim 'hiden'; did you mean 'hidden'?}}
flm.model @m dims [batch, hidden](%x: [batch, hiden]) { return }

// -----

flm.model @m dims [batch, hidden](%x: [batch, hidden]) {
  // A name that resembles none gets the whole list.
  // expected-error @below {{unknown dim 'width'; known: batch, hidden, micro}}
  %y = add %x, %x : [batch, width]
  return
}

// -----

// Where the parser does not see the name in its model, the verifier does.
!wrong = !flm.tensor<[batch, hiden]>
// expected-note @below {{model @m declares batch, hidden}}
flm.model @m dims [batch, hidden](%x: [batch, hidden]) {
  // expected-error @below {{unknown dim 'hiden'; did you mean 'hidden'?}}
  %y = param "w" : !wrong
  return
}

// -----

!wrong = !flm.tensor<[batch, hiden]>
// expected-error @below {{unknown dim 'hiden'; did you mean 'hidden'?}}
// expected-note @below {{model @m declares batch, hidden}}
flm.model @m dims [batch, hidden](%x: !wrong) { return }

// -----

//===-- Body of a model ----------------------------------------------------===//

// expected-error @below {{must end in return}}
flm.model @m dims [a](%x: [a]) { llvm.unreachable }

// -----

// expected-error @below {{expects a non-empty block}}
flm.model @m dims [a](%x: [a]) {}

// -----

flm.model @m dims [a](%x: [a]) {
  // expected-note @below {{first here}}
  %w = param "w" : [a]
  // expected-error @below {{parameter "w" is declared twice}}
  %v = param "w" : [a]
  return
}

// -----

flm.model @m dims [a, layers](%x: [a]) {
  // expected-note @below {{first here}}
  %w = param "w" : [a]
  %y = loop over layers (%h = %x : [a]) {
    // expected-error @below {{parameter "w" is declared twice}}
    %v = param "w" : [a]
    yield %h : [a]
  }
  return
}

// -----

//===-- Configs ------------------------------------------------------------===//

// expected-error @below {{there is no model @nobody}}
flm.config @c of @nobody {a = 1}

// -----

// expected-note @below {{model @m declares batch, hidden}}
flm.model @m dims [batch, hidden](%x: [batch, hidden]) { return }
// expected-error @below {{unknown dim 'hiden'; did you mean 'hidden'?}}
flm.config @c of @m {hiden = 4}

// -----

flm.model @m dims [a](%x: [a]) { return }
// expected-error @below {{'a' must be a positive integer}}
flm.config @c of @m {a = 0}

// -----

flm.model @m dims [a](%x: [a]) { return }
// expected-error @below {{'a' must be a positive integer}}
flm.config @c of @m {a = -3}

// -----

flm.model @m dims [a](%x: [a]) { return }
// expected-error @below {{'a' must be a positive integer}}
flm.config @c of @m {a = 1.5}

// -----

flm.model @m dims [a](%x: [a]) { return }
// expected-error @below {{'a' is given twice}}
flm.config @c of @m {a = 1, a = 2}

// -----

// Every dim that is missing is named; `batch` comes from the recipe and a
// derived dim from what it is derived from.
// expected-note @below {{dims of @m are declared here}}
flm.model @m dims [batch, seq, hidden, heads, head_dim = hidden / heads](%x: [batch]) { return }
// expected-error @below {{config @c: no value for seq, heads}}
flm.config @c of @m {hidden = 4}

// -----

flm.model @m dims [hidden, heads, head_dim = hidden / heads](%x: [hidden]) { return }
// expected-error @below {{config @c: 'head_dim = hidden / heads': 256 does not divide by 3; next hidden: 255, 258}}
flm.config @c of @m {hidden = 256, heads = 3}

// -----

//===-- Recipes ------------------------------------------------------------===//

// expected-error @below {{unknown recipe key 'warm_up'; did you mean 'warmup'?}}
flm.recipe @r {warm_up = 10}

// -----

// expected-error @below {{unknown recipe key 'momentum'; known: micro_batch, micro_batches, reduction_slots, pipeline_chunks, precision}}
flm.recipe @r {momentum = 0.9}

// -----

// expected-error @below {{'lr' must be a number of at least 0: peak learning rate}}
flm.recipe @r {lr = -1.0e-3}

// -----

// expected-error @below {{'lr' must be a number of at least 0: peak learning rate}}
flm.recipe @r {lr = adamw}

// -----

// expected-error @below {{'steps' must be a whole number of at least 0: optimizer steps of the whole run}}
flm.recipe @r {steps = 10.5}

// -----

// expected-error @below {{'micro_batch' must be a whole number of at least 1: sequences in a micro-batch}}
flm.recipe @r {micro_batch = 0}

// -----

// expected-error @below {{'precision' must be f32 or bf16 or f64: element type}}
flm.recipe @r {precision = fp16}

// -----

// expected-error @below {{'schedule' must be cosine or constant: learning rate after the warm-up}}
flm.recipe @r {schedule = 3}

// -----

// expected-error @below {{'width' must be a list of dims: dims that grow with width}}
flm.recipe @r {width = hidden}

// -----

// expected-error @below {{'width' must be a list of dims: dims that grow with width}}
flm.recipe @r {width = []}

// -----

// expected-error @below {{expected ',' or '}'; a number with an exponent needs a point, as in 1.0e-8}}
flm.recipe @r {eps = 1e-8}

// -----

// expected-error @below {{expected a number, a name or a list of names}}
flm.recipe @r {lr = {}}

// -----

// The upper end of a range is the list's, too.
// expected-error @below {{'beta1' must be a number from 0 to below 1: AdamW decay of the first moment}}
flm.recipe @r {beta1 = 1}

// -----

// expected-error @below {{'seed' must be a whole number of at least 0: seed of initialization}}
flm.recipe @r {seed = -1}

// -----

// expected-error @below {{'decay' must be matrices or all: parameters with weight decay}}
flm.recipe @r {decay = gains}

// -----

flm.recipe @pretrain {}
// expected-error @below {{recipe @r derives from unknown recipe @pretain; did you mean 'pretrain'?}}
flm.recipe @r from @pretain {}

// -----

flm.recipe @long {}
flm.recipe @short {}
// expected-error @below {{recipe @r derives from unknown recipe @nothing; known: long, short}}
flm.recipe @r from @nothing {}

// -----

// There is no other to suggest, and only a recipe is one.
// expected-error @below {{recipe @r derives from unknown recipe @m}}
flm.recipe @r from @m {}
flm.model @m dims [batch](%x: [batch]) { return }

// -----

// expected-error @below {{recipe @r derives from itself}}
flm.recipe @r from @r {}

// -----

// @outside derives from a circle that it is not in: the error is theirs.
flm.recipe @outside from @a {}
// expected-error @below {{recipe @a derives from itself}}
flm.recipe @a from @b {}
// expected-note @below {{through @b}}
flm.recipe @b from @c {}
// expected-note @below {{through @c}}
flm.recipe @c from @a {}

// -----

//===-- Plans --------------------------------------------------------------===//

// expected-error @below {{there is no model @nobody}}
flm.plan @p of @nobody on grid() {}

// -----

flm.model @m dims [batch, ffn](%x: [batch]) { return }
// expected-error @below {{unknown dim 'fnn'; did you mean 'ffn'?}}
flm.plan @p of @m on grid(tp = 2) {fnn -> tp}

// -----

flm.model @m dims [batch, ffn](%x: [batch]) { return }
// expected-error @below {{unknown axis 'tp'; the grid has dp, pp}}
flm.plan @p of @m on grid(dp = 2, pp = 2) {ffn -> tp}

// -----

flm.model @m dims [batch](%x: [batch]) { return }
// expected-error @below {{axis 'dp' is given twice}}
flm.plan @p of @m on grid(dp = 2, dp = 2) {}

// -----

flm.model @m dims [batch](%x: [batch]) { return }
// expected-error @below {{an axis must have at least one rank}}
flm.plan @p of @m on grid(dp = 0) {}
