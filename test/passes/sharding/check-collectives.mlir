// RUN: flm-opt %s --flm-check-collectives -split-input-file -verify-diagnostics | FileCheck %s

// A pipeline as it should be, on 896 ranks.
!h = !flm.tensor<[hidden=4] f32>
!mh = !flm.tensor<[micro=12, hidden=4] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(dp = 112, pp = 2, tp = 4) {layers -> pp}
// CHECK-LABEL: flm.program @fine
flm.program @fine of @c(%x_all: !mh, %zero: !h) {
  %sum = pipeline over micro=12 on "pp" of 2 slots [2] (%zero : !h) slices (%x_all : !mh) -> !h forward (%x: !h) {
    %in = collective receive %x over "pp" of 2 offset 1 id 0 match 1 bytes 0 {flm.at = #flm.state<pp: at(not_first)>} : !h -> !h
    %whole = collective all_reduce %in over "tp" of 4 by "sum" id 5 bytes 24 : !h -> !h
    collective send %whole over "pp" of 2 offset 1 id 1 match 0 bytes 16 {flm.at = #flm.state<pp: at(not_last)>} : !h
    yield stack %whole : !h
  } backward (%acc: !h, %x: !h, %y: !h) {
    %back = collective receive %y over "pp" of 2 offset -1 id 2 match 3 bytes 0 {flm.at = #flm.state<pp: at(not_last)>} : !h -> !h
    collective send %back over "pp" of 2 offset -1 id 3 match 2 bytes 16 {flm.at = #flm.state<pp: at(not_first)>} : !h
    %next = add %acc, %back : !h
    yield %next : !h
  }
  %all = collective all_reduce %sum over "pp" of 2 by "sum" id 4 bytes 16 : !h -> !h
  return %all : !h
}

// -----

// A swapped pair: what is sent second is received first.
!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(dp = 2, pp = 2) {layers -> pp}
flm.program @swapped of @c(%x: !h, %y: !h) {
  // expected-note @below {{sent here}}
  collective send %x over "pp" of 2 offset 1 id 0 match 2 bytes 16 {flm.at = #flm.state<pp: at(first)>} : !h
  collective send %y over "pp" of 2 offset 1 id 1 match 3 bytes 16 {flm.at = #flm.state<pp: at(first)>} : !h
  // expected-error @below {{of rank 1 (pp = 1) expects send 1 of rank 0 (pp = 0), which sends 0 before; messages between two ranks must be received in the order in which they are sent}}
  %b = collective receive %y over "pp" of 2 offset 1 id 3 match 1 bytes 0 {flm.at = #flm.state<pp: at(last)>} : !h -> !h
  %a = collective receive %x over "pp" of 2 offset 1 id 2 match 0 bytes 0 {flm.at = #flm.state<pp: at(last)>} : !h -> !h
  return
}

// -----

// The two sides move different types.
!h = !flm.tensor<[hidden=4] f32>
!h2 = !flm.tensor<[hidden=2] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @mismatched of @c(%x: !h, %y: !h2) {
  // expected-error @below {{moves '!flm.tensor<[hidden=4] f32>' but its receive moves '!flm.tensor<[hidden=2] f32>'; both sides must have one type}}
  collective send %x over "pp" of 2 offset 1 id 0 match 1 bytes 16 {flm.at = #flm.state<pp: at(not_last)>} : !h
  // expected-note @below {{the receive}}
  %a = collective receive %y over "pp" of 2 offset 1 id 1 match 0 bytes 0 {flm.at = #flm.state<pp: at(not_first)>} : !h2 -> !h2
  return
}

// -----

!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @no_receive of @c(%x: !h) {
  // expected-error @below {{has no receive with the id 7 that names it in return; each send needs one receive}}
  collective send %x over "pp" of 2 offset 1 id 0 match 7 bytes 16 {flm.at = #flm.state<pp: at(not_last)>} : !h
  return
}

// -----

!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @other_way of @c(%x: !h) {
  // expected-error @below {{goes 1 ranks along 'pp' but its receive -1; they must go the same way}}
  collective send %x over "pp" of 2 offset 1 id 0 match 1 bytes 16 {flm.at = #flm.state<pp: at(not_last)>} : !h
  // expected-note @below {{the receive}}
  %a = collective receive over "pp" of 2 offset -1 id 1 match 0 bytes 0 {flm.at = #flm.state<pp: at(not_first)>} -> !h
  return
}

// -----

// The last stage skips its receive.
!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2, tp = 4) {layers -> pp}
flm.program @skipped_receive of @c(%x: !h) {
  collective send %x over "pp" of 2 offset 1 id 0 match 1 bytes 16 {flm.at = #flm.state<pp: at(first)>} : !h
  // expected-error @below {{of rank 0 (pp = 0) waits for send 0 of rank 4 (pp = 1), which has done all it does: nobody can go on}}
  %a = collective receive %x over "pp" of 2 offset 1 id 1 match 0 bytes 0 {flm.at = #flm.state<pp: at(first)>} : !h -> !h
  return
}

// -----

// Two are sent, one is received.
!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2, tp = 4) {layers -> pp}
flm.program @left_over of @c(%x: !h) {
  loop over layers=2 () {
    // expected-error @below {{of rank 0 (pp = 0) is never received by rank 4 (pp = 1); a send needs a receive on the rank it goes to}}
    collective send %x over "pp" of 2 offset 1 id 0 match 1 bytes 16 {flm.at = #flm.state<pp: at(first)>} : !h
    yield
  }
  %a = collective receive %x over "pp" of 2 offset 1 id 1 match 0 bytes 0 {flm.at = #flm.state<pp: at(last)>} : !h -> !h
  return
}

// -----

!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @nowhere of @c(%x: !h) {
  // expected-error @below {{says at(second); an op runs at first, last, not_first or not_last}}
  %y = scale %x by 2.0 {flm.at = #flm.state<pp: at(second)>} : !h
  return
}

// -----

// A reduction of all stages that only the last one runs: the others would let
// it wait for ever.
!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(dp = 2, pp = 2) {layers -> pp}
flm.program @skipped of @c(%x: !h) {
  // expected-error @below {{of rank 1 (pp = 1) needs rank 0 (pp = 0), which has done all it does; all ranks of 'pp' must take part, in one order: move it out of what only some of them run}}
  %sum = collective all_reduce %x over "pp" of 2 by "sum" id 0 bytes 16 {flm.at = #flm.state<pp: at(last)>} : !h -> !h
  return
}

// -----

// Nor does it help to skip a collective of another axis on one of its ranks.
!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2, tp = 2) {layers -> pp}
flm.program @skipped_on_tp of @c(%x: !h) {
  // expected-error @below {{of rank 0 (tp = 0) needs rank 1 (tp = 1), which has done all it does}}
  %sum = collective all_reduce %x over "tp" of 2 by "sum" id 0 bytes 16 {flm.at = #flm.state<tp: at(first)>} : !h -> !h
  return
}

// -----

// Two reductions in different orders.
!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @orders of @c(%x: !h) {
  // expected-error @below {{of rank 0 (pp = 0) needs rank 1 (pp = 1), which is at all_reduce 1; all ranks of 'pp' must take part, in one order}}
  %a = collective all_reduce %x over "pp" of 2 by "sum" id 0 bytes 16 {flm.at = #flm.state<pp: at(first)>} : !h -> !h
  // expected-note @below {{there}}
  %b = collective all_reduce %x over "pp" of 2 by "sum" id 1 bytes 16 : !h -> !h
  return
}

// -----

// Each stage waits for the other.
!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @deadlock of @c(%x: !h) {
  // expected-error @below {{of rank 0 (pp = 0) waits for send 1 of rank 1 (pp = 1), which is at receive 0: nobody can go on; a receive needs a send that comes before what its sender waits for}}
  %a = collective receive over "pp" of 2 offset 1 id 0 match 1 bytes 0 -> !h
  collective send %x over "pp" of 2 offset 1 id 1 match 0 bytes 16 : !h
  return
}

// -----

// Each stage first receives what the other sends afterwards.
!h = !flm.tensor<[hidden=4] f32>
!mh = !flm.tensor<[micro=4, hidden=4] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @late of @c(%x_all: !mh) {
  pipeline over micro=4 on "pp" of 2 slots [2] () slices (%x_all : !mh) forward (%x: !h) {
    yield
  } backward (%x: !h) {
    %in = collective receive %x over "pp" of 2 offset 1 id 0 match 1 bytes 0 {flm.at = #flm.state<pp: at(last)>} : !h -> !h
    collective send %x over "pp" of 2 offset -1 id 3 match 2 bytes 16 {flm.at = #flm.state<pp: at(last)>} : !h
    // expected-error @below {{of rank 0 (pp = 0) waits for send 3 of rank 1 (pp = 1), which is at receive 0: nobody can go on}}
    %back = collective receive %x over "pp" of 2 offset -1 id 2 match 3 bytes 0 {flm.at = #flm.state<pp: at(first)>} : !h -> !h
    collective send %back over "pp" of 2 offset 1 id 1 match 0 bytes 16 {flm.at = #flm.state<pp: at(first)>} : !h
    yield
  }
  return
}

// -----

!h = !flm.tensor<[hidden=4] f32>
flm.model @m dims [layers](%x: [layers]) { return }
flm.plan @p of @m on grid(pp = 2) {layers -> pp}
flm.program @ids of @c(%x: !h) {
  // expected-note @below {{the other}}
  %a = collective all_reduce %x over "pp" of 2 by "sum" id 0 bytes 16 {flm.at = #flm.state<pp: at(first)>} : !h -> !h
  // expected-error @below {{has the id 0 of another; ids must differ, so that ranks can tell messages apart}}
  %b = collective all_reduce %x over "pp" of 2 by "sum" id 0 bytes 16 : !h -> !h
  return
}
