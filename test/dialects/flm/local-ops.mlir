// Text form of what only the program of one rank has, and of sums in a fixed order.
// RUN: flm-opt %s | FileCheck %s
// RUN: flm-opt %s | flm-opt | FileCheck %s

flm.program @collectives of @c(%h: [batch=2, seq=4, hidden=8] f32, %g: [ffn=6, hidden=8] f32) {
  // CHECK: %whole = collective all_gather %h over "tp" of 4 dim 1 id 0 bytes 768 :
  %whole = collective all_gather %h over "tp" of 4 dim 1 id 0 bytes 768 : [batch=2, seq=4, hidden=8] f32 -> [batch=2, seq=16, hidden=8] f32
  // CHECK: %part = collective reduce_scatter %g over "dp" of 2 flat 24 id 1 bytes 96 :
  %part = collective reduce_scatter %g over "dp" of 2 flat 24 id 1 bytes 96 : [ffn=6, hidden=8] f32 -> [flat=24] f32
  // CHECK: collective send %h over "pp" of 2 offset 1 id 2 match 3 bytes 256 : {{[^ ]+$}}
  collective send %h over "pp" of 2 offset 1 id 2 match 3 bytes 256 : [batch=2, seq=4, hidden=8] f32
  // CHECK: %before = collective receive over "pp" of 2 offset 1 id 3 match 2 bytes 0 -> {{[^ ]+$}}
  %before = collective receive over "pp" of 2 offset 1 id 3 match 2 bytes 0 -> [batch=2, seq=4, hidden=8] f32
  return %whole, %part, %before : [batch=2, seq=16, hidden=8] f32, [flat=24] f32, [batch=2, seq=4, hidden=8] f32
}

flm.program @vocabulary of @c(%tokens: [batch=2, seq=4] i32, %logits: [batch=2, seq=4, vocab=8] f32) {
  // CHECK: %mine = local_tokens %tokens over "tp" size 8 :
  %mine = local_tokens %tokens over "tp" size 8 : [batch=2, seq=4] i32
  // CHECK: %masked = mask_padding %logits over "tp" valid 13 :
  %masked = mask_padding %logits over "tp" valid 13 : [batch=2, seq=4, vocab=8] f32
  %picked = pick %masked, %mine : [batch=2, seq=4, vocab=8] f32, [batch=2, seq=4] i32 -> [batch=2, seq=4] f32
  return %picked : [batch=2, seq=4] f32
}

flm.program @sums of @c(%g: [layers=2, ffn=6, hidden=8] f32, %slots: [slot=3, ffn=6] f32) {
  // CHECK: %ss = chunk_sums %g by 24 :
  %ss = chunk_sums %g by 24 : [layers=2, ffn=6, hidden=8] f32 -> [layers=2, chunk=2] f32
  // CHECK: %sumsq = chunk_total %ss :
  %sumsq = chunk_total %ss : [layers=2, chunk=2] f32 -> [] f32
  // CHECK: %sum = fold %slots :
  %sum = fold %slots : [slot=3, ffn=6] f32 -> [ffn=6] f32
  return %sumsq, %sum : [] f32, [ffn=6] f32
}

flm.program @overlap of @c(%n: [seq=4, hidden=8] f32, %g: [ffn=6] f32) {
  // CHECK: %xn_pending = collective start all_gather %n over "tp" of 4 dim 0 id 4 bytes 384 :
  %xn_pending = collective start all_gather %n over "tp" of 4 dim 0 id 4 bytes 384 : [seq=4, hidden=8] f32 -> [seq=16, hidden=8] f32
  // CHECK: %g_pending = collective start all_reduce %g over "dp" of 2 id 5 bytes 24 :
  %g_pending = collective start all_reduce %g over "dp" of 2 id 5 bytes 24 : [ffn=6] f32 -> [ffn=6] f32
  // CHECK: %xn = wait %xn_pending reading %n id 4 : {{[^ ]+}} from {{[^ ]+$}}
  %xn = wait %xn_pending reading %n id 4 : [seq=16, hidden=8] f32 from [seq=4, hidden=8] f32
  // CHECK: %sum = wait %g_pending id 5 : {{[^ ]+$}}
  %sum = wait %g_pending id 5 : [ffn=6] f32
  return %xn, %sum : [seq=16, hidden=8] f32, [ffn=6] f32
}
