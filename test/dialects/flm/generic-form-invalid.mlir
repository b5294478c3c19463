// What only the generic form can say, and numbers that no machine has: all of it
// is refused before anything computes with it.
// RUN: flm-opt %s -verify-diagnostics -split-input-file

// expected-error @below {{attribute 'names' failed to satisfy constraint: string array attribute}}
"flm.recipe"() <{sym_name = "r", names = [1], values = [1]}> : () -> ()

// -----

// expected-error @below {{needs a value for each of 2 names, has 1}}
"flm.recipe"() <{sym_name = "r", names = ["lr", "steps"], values = [1.0]}> : () -> ()

// -----

// expected-error @below {{'steps' is 5 : si64; expected an i64, a float, a name or a list of names}}
"flm.recipe"() <{sym_name = "r", names = ["steps"], values = [5 : si64]}> : () -> ()

// -----

// expected-error @below {{expected a number, a name or a list of names}}
flm.recipe @r {steps = 5 : i128}

// -----

// expected-error @below {{'steps' is 9223372036854775807, more than 2^40}}
flm.recipe @r {steps = 9223372036854775807}

// -----

flm.model @m dims [a](%x: [a]) { return }
// expected-error @below {{needs a size for each axis, and an axis for each dim}}
"flm.plan"() <{sym_name = "p", model = @m, axes = ["dp", "tp"], sizes = [2], from = [], to = []}> : () -> ()

// -----

flm.model @m dims [a](%x: [a]) { return }
// expected-error @below {{a grid has 1 to 1048576 ranks, each axis at least one; 9223372036854775807 * 2 is no such}}
flm.plan @p of @m on grid(dp = 9223372036854775807, tp = 2) {}

// -----

flm.model @m dims [a](%x: [a]) { return }
// expected-error @below {{a grid has 1 to 1048576 ranks, each axis at least one; 0 is no such}}
"flm.plan"() <{sym_name = "p", model = @m, axes = ["dp"], sizes = [0], from = [], to = []}> : () -> ()

// -----

flm.model @m dims [a](%x: [a]) {
  // expected-error @below {{is no op of the flm dialect, and models and programs have no others}}
  %c = arith.constant 1 : i32
  return
}

// -----

// expected-error @below {{argument #0 of its body is 'i32'; expected a tensor with named dims}}
"flm.program"() <{sym_name = "p", config = @c}> ({
^bb0(%x: i32):
  "flm.return"() : () -> ()
}) : () -> ()

// -----

// A dim, and a tensor, of more elements than can be counted.
// expected-error @below {{a dim can have 2^53 elements, and 4294967296 * 4294967296 are more}}
flm.program @p of @c(%x: [a=4294967296 * b=4294967296] f32) { return }

// -----

// expected-error @below {{is too large for any machine: a tensor can have 2^53 bytes}}
flm.program @p of @c(%x: [a=4294967296, b=4294967296] f32) { return }

// -----

flm.program @p of @c(%x: [a=4294967296, b=65536] f32) {
  // expected-error @below {{is too large for any machine}}
  %y, %all = loop over l=4294967296 (%h = %x : [a=4294967296, b=65536] f32) {
    yield %h : [a=4294967296, b=65536] f32 stack %h : [a=4294967296, b=65536] f32
  }
  return
}

// -----

flm.program @p of @c(%x: [] f32) {
  // expected-error @below {{needs 1 to 4096 stages, not 9223372036854775807}}
  %y = pipeline over micro=4 on "pp" of 9223372036854775807 slots [2] (%x : [] f32) -> [] f32
  forward () {
    yield
  } backward (%acc: [] f32) {
    yield %acc : [] f32
  }
  return
}

// -----

// An attribute that only the parser puts there.
flm.program @p of @c(%x: [a=4] f32) {
  %0 = scale %x by 2.0 {flm.parsed_names = 3} : [a=4] f32
  return
}

// -----

flm.model @m dims [a](%x: [a]) { return }
flm.plan @p of @m on grid(dp = 2) {}
flm.program @train_step of @c(%x: [a=4] f32) {
  // expected-error @below {{flm.at names the axis "pp", which plan @p does not have}}
  %y = scale %x by 2.0 {flm.at = #flm.state<pp: at(first)>} : [a=4] f32
  return
}
