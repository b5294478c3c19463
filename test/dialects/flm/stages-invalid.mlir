// What pipeline stages may not do.
// RUN: flm-opt %s -split-input-file -verify-diagnostics

!first = !flm.tensor<[hidden=4] f32 on {pp: at(first)}>
!last = !flm.tensor<[hidden=4] f32 on {pp: at(last)}>
flm.program @two_ends of @c(%a: !first, %b: !last) {
  // expected-error @below {{operand #1 (%b) is at(last) over 'pp' but operand #0 (%a) is at(first): an op runs on one stage; a parameter that is used before and after the layers (tied embeddings) must be two parameters, other values can be masked and reduced}}
  %y = add %a, %b : (!first, !last, !first)
  return
}

// -----

!first = !flm.tensor<[hidden=4] f32 on {pp: at(first)}>
!all = !flm.tensor<[hidden=4] f32>
flm.program @escapes of @c(%a: !first, %b: !all) {
  // expected-error @below {{runs at(first) over 'pp', so result #0 is too, not replicated; to have it everywhere, mask it (reshard to partial(sum)) and reduce it}}
  %y = add %a, %b : (!first, !all, !all)
  return
}

// -----

!first = !flm.tensor<[hidden=4] f32 on {pp: at(first)}>
!sum = !flm.tensor<[hidden=4] f32 on {pp: partial(sum)}>
flm.program @partial of @c(%a: !first, %b: !sum) {
  // expected-error @below {{operand #1 (%b) is partial(sum) over 'pp' but operand #0 (%a) is at(first): make #1 replicated first}}
  %y = add %a, %b : (!first, !sum, !first)
  return
}

// -----

!first = !flm.tensor<[hidden=4] f32 on {pp: at(first)}>
!all = !flm.tensor<[hidden=4] f32>
flm.program @unmasked of @c(%a: !first) {
  // expected-error @below {{no collective turns at(first) into replicated over 'pp'; go through partial(sum)}}
  %y = reshard %a : !first -> !all
  return
}

// -----

!last = !flm.tensor<[hidden=4] f32 on {pp: at(last)}>
!all = !flm.tensor<[hidden=4] f32>
flm.program @enters_last of @c(%a: !last) {
  // expected-error @below {{carried value #0 enters at the first rank of 'pp': it must be '!flm.tensor<[hidden=4] f32 on {pp: at(first)}>', not '!flm.tensor<[hidden=4] f32 on {pp: at(last)}>'}}
  %y = "flm.loop"(%a) <{axis = "pp", operandSegmentSizes = array<i32: 1, 0>, over = #flm.dim<layers=2>, resultSegmentSizes = array<i32: 1, 0>}> ({
  ^bb0(%h: !all):
    flm.yield %h : !all
  }) : (!last) -> !last
  return
}

// -----

!first = !flm.tensor<[hidden=4] f32 on {pp: at(first)}>
!all = !flm.tensor<[hidden=4] f32>
flm.program @leaves_first of @c(%a: !first) {
  // expected-error @below {{carried value #0 leaves at the last rank of 'pp': it must be '!flm.tensor<[hidden=4] f32 on {pp: at(last)}>', not '!flm.tensor<[hidden=4] f32 on {pp: at(first)}>'}}
  %y = "flm.loop"(%a) <{axis = "pp", operandSegmentSizes = array<i32: 1, 0>, over = #flm.dim<layers=2>, resultSegmentSizes = array<i32: 1, 0>}> ({
  ^bb0(%h: !all):
    flm.yield %h : !all
  }) : (!first) -> !first
  return
}

// -----

// A gain that only the first stage has, in the layers of all stages.
!first = !flm.tensor<[hidden=4] f32 on {pp: at(first)}>
!all = !flm.tensor<[hidden=4] f32>
flm.program @captured of @c(%a: !first, %g: !first) {
  %y = loop over layers=2 on pp (%h = %a : !all) {
    // expected-error @below {{in a loop on 'pp' has a value (%g) that is at(first) over it; carry it into the loop, or make it replicated first}}
    %s = add %h, %g : (!all, !first, !first)
    yield %h : !all
  }
  return
}

// -----

!split = !flm.tensor<[layers=2, hidden=4] f32 on {pp: split(layers)}>
!all = !flm.tensor<[layers=2, hidden=4] f32>
flm.program @collective_in_stages of @c(%w: !split) {
  loop over layers=2 on pp () {
    // expected-error @below {{in a loop on 'pp' has a value (%w) that is split(layers) over it; pass it to the loop as a slice}}
    %y = reshard %w : !split -> !all
    yield
  }
  return
}
