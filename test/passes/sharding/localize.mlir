// Distributed programs become the program of one rank.
// RUN: flm-opt %s --flm-localize --mlir-print-local-scope | FileCheck %s

flm.model @m dims [batch, seq, vocab, hidden, ffn, layers](%x: [batch]) { return }
flm.plan @p of @m on grid(dp = 2, tp = 3) {batch -> dp, vocab -> tp, ffn -> tp, seq -> tp, optimizer -> dp}

// Sizes are divided, states go, reshards are collectives with the same number.
// CHECK-LABEL: flm.program @row_parallel
// CHECK-SAME: %x: !flm.tensor<[batch=2, seq=9, ffn=4] f32>, %w: !flm.tensor<[hidden=8, ffn=4] f32>
flm.program @row_parallel of @c(%x: [batch=4, seq=9, ffn=12] f32 on {dp: split(batch), tp: split(ffn)}, %w: [hidden=8, ffn=12] f32 on {tp: split(ffn)}) {
  // CHECK-NEXT: %y = linear %x, %w : {{.*}} -> !flm.tensor<[batch=2, seq=9, hidden=8] f32>
  %y = linear %x, %w : ([batch=4, seq=9, ffn=12] f32 on {dp: split(batch), tp: split(ffn)}, [hidden=8, ffn=12] f32 on {tp: split(ffn)}) -> [batch=4, seq=9, hidden=8] f32 on {dp: split(batch), tp: partial(sum)}
  // CHECK-NEXT: %s = collective reduce_scatter %y over "tp" of 3 dim 1 id 7 bytes 384 : {{.*}} -> !flm.tensor<[batch=2, seq=3, hidden=8] f32>
  %s = reshard %y id 7 bytes 384 : [batch=4, seq=9, hidden=8] f32 on {dp: split(batch), tp: partial(sum)} -> [batch=4, seq=9, hidden=8] f32 on {dp: split(batch), tp: split(seq)}
  // Without a number, the next one.
  // CHECK-NEXT: %g = collective all_gather %s over "dp" of 2 dim 0 id 8 bytes 192 : {{.*}} -> !flm.tensor<[batch=4, seq=3, hidden=8] f32>
  %g = reshard %s : [batch=4, seq=9, hidden=8] f32 on {dp: split(batch), tp: split(seq)} -> [batch=4, seq=9, hidden=8] f32 on {tp: split(seq)}
  // CHECK: %t = collective all_to_all %u over "tp" of 3 dim 1 to 2 id 9 bytes 384 
  %u = fill 0.0 : [batch=4, seq=9, ffn=12] f32 on {tp: split(seq)}
  %t = reshard %u : [batch=4, seq=9, ffn=12] f32 on {tp: split(seq)} -> [batch=4, seq=9, ffn=12] f32 on {tp: split(ffn)}
  // CHECK: collective all_gather {{.*}} dim 2
  %v = reshard %t : [batch=4, seq=9, ffn=12] f32 on {tp: split(ffn)} -> [batch=4, seq=9, ffn=12] f32
  // CHECK: collective all_gather {{.*}} dim 1
  %w2 = reshard %g : [batch=4, seq=9, hidden=8] f32 on {tp: split(seq)} -> [batch=4, seq=9, hidden=8] f32
  return %v, %w2 : [batch=4, seq=9, ffn=12] f32, [batch=4, seq=9, hidden=8] f32
}

// A flat part is whole chunks: 3 chunks of 32 (a third of 96) over 2 ranks are 2 each.
// CHECK-LABEL: flm.program @zero
flm.program @zero of @c(%coef: [] f32, %hyper: [hyper=8] f32) {
  // CHECK-NEXT: param "w" {flm.global = !flm.tensor<[layers=3, ffn=12, hidden=8] f32 on {tp: split(ffn)}>} : !flm.tensor<[layers=3, ffn=4, hidden=8] f32>
  %w = param "w" : [layers=3, ffn=12, hidden=8] f32 on {tp: split(ffn)}
  // CHECK-NEXT: state "exp_avg.w" {flm.global = !flm.tensor<[layers=3, ffn=12, hidden=8] f32 on {dp: split(*), tp: split(ffn)}>} : !flm.tensor<[flat=64] f32>
  %m = state "exp_avg.w" : [layers=3, ffn=12, hidden=8] f32 on {dp: split(*), tp: split(ffn)}
  %g = loop over layers=3 () {
    %one = fill 0.0 : [ffn=12, hidden=8] f32 on {dp: partial(sum), tp: split(ffn)}
    yield stack %one : [ffn=12, hidden=8] f32 on {dp: partial(sum), tp: split(ffn)}
  }
  // CHECK: %r = collective reduce_scatter %g over "dp" of 2 flat 64 id {{.*}} bytes 256 : !flm.tensor<[layers=3, ffn=4, hidden=8] f32> -> !flm.tensor<[flat=64] f32>
  %r = reshard %g : [layers=3, ffn=12, hidden=8] f32 on {dp: partial(sum), tp: split(ffn)} -> [layers=3, ffn=12, hidden=8] f32 on {dp: split(*), tp: split(ffn)}
  // CHECK-NEXT: chunk_sums %r by 32 : !flm.tensor<[flat=64] f32> -> !flm.tensor<[flat=2] f32>
  %c = chunk_sums %r by 96 : [layers=3, ffn=12, hidden=8] f32 on {dp: split(*), tp: split(ffn)} -> [layers=3, chunk=1] f32 on {dp: split(*), tp: partial(sum)}
  // CHECK-NEXT: collective all_gather {{.*}} over "dp" of 2 flat 2 {{.*}} -> !flm.tensor<[layers=3, chunk=1] f32>
  %cg = reshard %c : [layers=3, chunk=1] f32 on {dp: split(*), tp: partial(sum)} -> [layers=3, chunk=1] f32 on {tp: partial(sum)}
  // CHECK: collective all_reduce {{.*}} over "tp" of 3 by "sum" id
  %ct = reshard %cg : [layers=3, chunk=1] f32 on {tp: partial(sum)} -> [layers=3, chunk=1] f32
  // CHECK: collective slice %w over "dp" of 2 flat 64
  %wp = reshard %w : [layers=3, ffn=12, hidden=8] f32 on {tp: split(ffn)} -> [layers=3, ffn=12, hidden=8] f32 on {dp: split(*), tp: split(ffn)}
  %s = chunk_total %ct : [layers=3, chunk=1] f32 -> [] f32
  return %s : [] f32
}

// Ranks look up their own part of the vocabulary; what is padding depends on the rank.
// CHECK-LABEL: flm.program @vocabulary
// CHECK-SAME: %tokens:
flm.program @vocabulary of @c(%tokens: [batch=2, seq=9] i32, %logits: [batch=2, seq=9, vocab=12] f32 on {tp: split(vocab)}, %table: [vocab=12, hidden=8] f32 on {tp: split(vocab)}) {
  // One for all readers.
  // CHECK-DAG: %[[TOKENS:.*]] = local_tokens %tokens over "tp" size 4
  // CHECK-DAG: %[[LOGITS:.*]] = mask_padding %logits over "tp" valid 10
  // CHECK: embedding %[[TOKENS]], %table
  %e = embedding %tokens, %table : [batch=2, seq=9] i32, [vocab=12, hidden=8] f32 on {tp: split(vocab)} -> [batch=2, seq=9, hidden=8] f32 on {tp: partial(sum)}
  %er = reshard %e : [batch=2, seq=9, hidden=8] f32 on {tp: partial(sum)} -> [batch=2, seq=9, hidden=8] f32
  // CHECK: reduce_max %[[LOGITS]] :
  %max = reduce_max %logits valid vocab=10 : [batch=2, seq=9, vocab=12] f32 on {tp: split(vocab)} -> [batch=2, seq=9] f32 on {tp: partial(max)}
  // CHECK-NEXT: collective all_reduce %max over "tp" of 3 by "max"
  %m = reshard %max : [batch=2, seq=9] f32 on {tp: partial(max)} -> [batch=2, seq=9] f32
  // CHECK: pick %logits, %[[TOKENS]]
  %p = pick %logits, %tokens : [batch=2, seq=9, vocab=12] f32 on {tp: split(vocab)}, [batch=2, seq=9] i32 -> [batch=2, seq=9] f32 on {tp: partial(sum)}
  %pr = reshard %p : [batch=2, seq=9] f32 on {tp: partial(sum)} -> [batch=2, seq=9] f32
  // Where nothing is padding, nothing is masked.
  // CHECK: sum_exp %logits, {{[^ ]+}} :
  %s = sum_exp %logits, %m valid vocab=12 : [batch=2, seq=9, vocab=12] f32 on {tp: split(vocab)}, ([batch=2, seq=9] f32, [batch=2, seq=9] f32 on {tp: partial(sum)})
  %sr = reshard %s : [batch=2, seq=9] f32 on {tp: partial(sum)} -> [batch=2, seq=9] f32
  return %er, %m, %pr, %sr : [batch=2, seq=9, hidden=8] f32, [batch=2, seq=9] f32, [batch=2, seq=9] f32, [batch=2, seq=9] f32
}

// A reshard that changes nothing moves nothing.
// CHECK-LABEL: flm.program @unfolded
// CHECK-NEXT: return %x :
flm.program @unfolded of @c(%x: [hidden=8] f32) {
  %y = reshard %x : [hidden=8] f32 -> [hidden=8] f32
  return %y : [hidden=8] f32
}

// @init is the runtime's.
// CHECK-LABEL: flm.program @init
flm.program @init of @c() {
  // CHECK-NEXT: fill 1.0 : !flm.tensor<[ffn=12] f32 on {tp: split(ffn)}>
  %g = fill 1.0 : [ffn=12] f32 on {tp: split(ffn)}
  update "g" with %g : [ffn=12] f32 on {tp: split(ffn)}
  return
}
