// The program of one rank of several: collectives, kernels that ask where on the
// mesh it is, and what the manifest says.
// REQUIRES: x86-registered-target
// RUN: split-file %s %t
// DEFINE: %{file} =
// DEFINE: %{lower} = flm-opt %t/%{file}.mlir --flm-assign-buffers --flm-verify-buffers --flm-lower-programs=cpu=x86-64-v3 --mlir-print-op-on-diagnostic=false
// DEFINE: %{refuses} = not %{lower} 2>&1 | FileCheck %t/%{file}.mlir
// REDEFINE: %{file} = rank
// RUN: %{lower} -o %t.out.mlir
// RUN: FileCheck %t/rank.mlir < %t.out.mlir
// The manifest, an object a line.
// RUN: grep flm_manifest %t.out.mlir | sed 's/\\22/"/g' | tr '{}' '\n\n' | FileCheck %t/rank.mlir --check-prefix=MANIFEST
// REDEFINE: %{file} = wrong-bytes
// RUN: %{refuses}
// REDEFINE: %{file} = same-id
// RUN: %{refuses}
// REDEFINE: %{file} = no-id
// RUN: %{refuses}
// REDEFINE: %{file} = no-axis
// RUN: %{refuses}

//--- rank.mlir
!i32_s = !flm.tensor<[seq=4] i32>
!f32_s = !flm.tensor<[seq=4] f32>
!f32_sh = !flm.tensor<[seq=4, hidden=8] f32>
!f32_part = !flm.tensor<[seq=2, hidden=8] f32>
!f32_vh = !flm.tensor<[vocab=8, hidden=8] f32>
!f32_sv = !flm.tensor<[seq=4, vocab=8] f32>
!f32_flat = !flm.tensor<[flat=40] f32>
!f32_hyper = !flm.tensor<[hyper=8] f32>

flm.model @m dims [batch, seq, hidden, vocab, layers](%tokens: [batch, seq] i32) {
  %w = param "w" mup<matrix, normal(0.1), lr 1.0, wd 1.0, eps 1.0, "">  : [vocab=16, hidden=8] f32
  %x = loop over layers=2 (%h = %w : [vocab=16, hidden=8] f32) {
    yield %h : [vocab=16, hidden=8] f32
  }
  return
}
flm.config @c of @m {batch = 4, seq = 8, hidden = 8, vocab = 13, layers = 2}
flm.recipe @r {micro_batch = 2, micro_batches = 3}
flm.plan @four of @m on grid(dp = 2, pp = 2, tp = 2) {batch -> dp, layers -> pp, vocab -> tp, optimizer -> dp}

// MANIFEST: "abi":3,"collectives":[
// The larger side of each, its parts, and how often it runs in a step.
// MANIFEST: "axis":"tp","bytes":128,"dim":0,"dtype":"f32","id":0,"kind":"all_gather","name":"x","shape":[8,8],"source":"rank.mlir:[[#]]:[[#]]","times":3
// MANIFEST: "axis":"tp","bytes":128,"dtype":"f32","id":1,"kind":"all_reduce","name":"y","op":"max","shape":[4,8],{{.*}}"times":1
// MANIFEST: "axis":"pp","bytes":128,"dtype":"f32","id":2,"kind":"send","match":3,"name":"y","offset":1,"shape":[4,8],{{.*}}"times":1
// MANIFEST: "axis":"pp","bytes":0,"dtype":"f32","id":3,"kind":"receive","match":2,"name":"y","offset":1,"shape":[4,8],{{.*}}"stages":[1],"times":1
// MANIFEST: "at":1,"axis":"pp","bytes":0,"dtype":"f32","id":4,"kind":"mask",{{.*}}"shape":[4,8]
// MANIFEST: "axis":"tp","bytes":64,"dtype":"f32","from":0,"id":5,"kind":"all_to_all",{{.*}}"shape":[8,8],{{.*}}"to":1
// MANIFEST: "axis":"dp","bytes":160,"dtype":"f32","flat":40,"id":6,"kind":"reduce_scatter","name":"dw","shape":[8,8]
// MANIFEST: "axis":"dp","bytes":0,"dtype":"f32","flat":40,"id":7,"kind":"slice","name":"w","shape":[8,8]
// MANIFEST: "axis":"dp","bytes":160,"dtype":"f32","flat":40,"id":8,"kind":"all_gather","name":"w1","shape":[8,8]
// In another program than the step.
// MANIFEST: "axis":"tp","bytes":16,"dtype":"i32","id":9,"kind":"all_reduce","name":"tokens","shape":[4],{{.*}}"times":0
// MANIFEST: "axes":["dp","pp","tp"],"batch":["dp"],"pipeline":"pp","sizes":[2,2,2]
// MANIFEST: "micro_batches":3
// The shape is global; the parts say what a rank has of it.
// MANIFEST: "parameter_count":128,"parameters":[
// MANIFEST: "dims":["vocab","hidden"]
// MANIFEST: "name":"w","offset":{{[0-9]+}},"parts":
// MANIFEST-NEXT: "m":[
// MANIFEST-NEXT: "axis":"tp","dim":0
// MANIFEST-NEXT: ,
// MANIFEST-NEXT: "axis":"dp","flat":40
// MANIFEST: "p":[
// MANIFEST-NEXT: "axis":"tp","dim":0
// MANIFEST-NEXT: ],"v":[
// MANIFEST: "shape":[16,8]
// MANIFEST: "axes":["dp","pp","tp"],"kind":"coordinates","offset":[[#]]

// CHECK-DAG: func.func private @local_tokens_4_of8(
// CHECK-DAG: func.func private @mask_padding_4x13x8(
// CHECK-LABEL: func.func @flm_train_step
flm.program @train_step of @c(%tokens: !i32_s, %x: !f32_sh, %logits: !f32_sv, %dw: !f32_vh, %coef: [] f32, %hyper: !f32_hyper) {
  %w = param "w" mup<matrix, normal(0.1), lr 1.0, wd 1.0, eps 1.0, ""> {flm.global = !flm.tensor<[vocab=16, hidden=8] f32 on {tp: split(vocab)}>} : !f32_vh
  %m = state "exp_avg.w" {flm.global = !flm.tensor<[vocab=16, hidden=8] f32 on {dp: split(*), tp: split(vocab)}>} : !f32_flat
  %v = state "exp_avg_sq.w" {flm.global = !flm.tensor<[vocab=16, hidden=8] f32 on {dp: split(*), tp: split(vocab)}>} : !f32_flat
  // The third coordinate is this rank's place in the vocabulary.
  // CHECK: flm.launch @local_tokens_4_of8 tasks 1 (#flm.buffer<argument(0), 0, 16>, #flm.buffer<state, [[TP:[0-9]+]], 4>, #flm.buffer<scratch, [[LOCAL:[0-9]+]], 16>)
  // CHECK-NEXT: flm.launch @embedding_4x8x8 tasks 1 (#flm.buffer<scratch, [[LOCAL]], 16>,
  %local = local_tokens %tokens over "tp" size 8 : !i32_s
  %e = embedding %local, %w : !i32_s, !f32_vh
  // The caller's logits stay: they are copied and masked there.
  // CHECK-NEXT: flm.launch @copy_32 tasks 1 (#flm.buffer<argument(2), 0, 128>, #flm.buffer<scratch, [[MASKED:[0-9]+]], 128>)
  // CHECK-NEXT: flm.launch @mask_padding_4x13x8 tasks 1 (#flm.buffer<state, [[TP]], 4>, #flm.buffer<scratch, [[MASKED]], 128>)
  %masked = mask_padding %logits over "tp" valid 13 : !f32_sv
  %picked = pick %masked, %local : !f32_sv, !i32_s -> !f32_s
  // CHECK: scf.for
  // CHECK: flm.communicate run 0 from <argument(1), 0, 128> to <scratch, {{[0-9]+}}, 256>
  %sum = loop over micro=3 (%s = %e : !f32_sh) {
    %all = collective all_gather %x over "tp" of 2 dim 0 id 0 bytes 128 : !f32_sh -> [seq=8, hidden=8] f32
    %s1 = add %s, %x : !f32_sh
    yield %s1 : !f32_sh
  }
  %y = scale %sum by 2.0 : !f32_sh
  // CHECK: flm.communicate run 1 from <scratch, [[Y:[0-9]+]], 128> to <result(0), 16, 128>
  %max = collective all_reduce %y over "tp" of 2 by "max" id 1 bytes 128 : !f32_sh -> !f32_sh
  // CHECK-NEXT: flm.communicate run 2 from <scratch, [[Y]], 128>{{$}}
  collective send %y over "pp" of 2 offset 1 id 2 match 3 bytes 128 : !f32_sh
  // What is received replaces what a rank has that receives nothing.
  // CHECK: scf.if
  // CHECK-NEXT: flm.communicate run 3 to <scratch, [[Y]], 128>
  %got = collective receive %y over "pp" of 2 offset 1 id 3 match 2 bytes 0 {flm.at = #flm.state<pp: at(not_first)>} : !f32_sh -> !f32_sh
  // CHECK: flm.communicate run 4 from <scratch, [[Y]], 128> to <scratch, [[Y]], 128>
  %mine = collective mask %got over "pp" of 2 at 1 id 4 bytes 0 : !f32_sh -> !f32_sh
  %turned = collective all_to_all %mine over "tp" of 2 dim 0 to 1 id 5 bytes 64 : !f32_sh -> [seq=8, hidden=4] f32
  // A start and the work beside it.
  // CHECK: flm.communicate start 6 from <argument(3), 0, 256> to <scratch, [[G:[0-9]+]], 160>
  // CHECK-NEXT: flm.communicate run 7
  // CHECK-NEXT: flm.communicate wait 6
  %g_pending = collective start reduce_scatter %dw over "dp" of 2 flat 40 id 6 bytes 160 : !f32_vh -> !f32_flat
  %ws = collective slice %w over "dp" of 2 flat 40 id 7 bytes 0 : !f32_vh -> !f32_flat
  %g = wait %g_pending reading %dw id 6 : !f32_flat from !f32_vh
  // CHECK: flm.launch @adamw_40
  // CHECK-NEXT: flm.communicate run 8 from <scratch, {{[0-9]+}}, 160> to <state, {{[0-9]+}}, 256>
  %w1, %m1, %v1 = adamw %ws, %m, %v, %g, %coef, %hyper lr 1.0 wd 1.0 eps 1.0 : !f32_flat, [] f32, !f32_hyper
  %w2 = collective all_gather %w1 over "dp" of 2 flat 40 id 8 bytes 160 : !f32_flat -> !f32_vh
  update "w" with %w2 : !f32_vh
  update "exp_avg.w" with %m1 : !f32_flat
  update "exp_avg_sq.w" with %v1 : !f32_flat
  return %picked, %max, %turned : !f32_s, !f32_sh, [seq=8, hidden=4] f32
}

// A sum that runs beside something else works in place, so what it sums is
// copied if it has to stay.
// CHECK-LABEL: func.func @flm_eval_step
// CHECK-NEXT: flm.launch @copy_4 tasks 1 (#flm.buffer<argument(0), 0, 16>, #flm.buffer<result(0), 0, 16>)
// CHECK-NEXT: flm.communicate start 9 from <result(0), 0, 16> to <result(0), 0, 16>
// CHECK-NEXT: flm.launch
// CHECK-NEXT: flm.communicate wait 9
flm.program @eval_step of @c(%tokens: !i32_s) {
  %p = collective start all_reduce %tokens over "tp" of 2 id 9 bytes 16 : !i32_s -> !i32_s
  %local = local_tokens %tokens over "tp" size 8 : !i32_s
  %t = wait %p id 9 : !i32_s
  return %t, %local : !i32_s, !i32_s
}

//--- wrong-bytes.mlir
flm.model @m dims [h](%x: [h=4] f32) { return }
flm.config @c of @m {h = 4}
flm.recipe @r {micro_batch = 2}
flm.plan @p of @m on grid(dp = 2) {}
flm.program @train_step of @c(%x: [h=4] f32) {
  // CHECK: [[#@LINE+1]]:8: error: 'flm.collective' op says 12 bytes, but a rank sends 16
  %y = collective all_gather %x over "dp" of 2 dim 0 id 0 bytes 12 : [h=4] f32 -> [h=8] f32
  return
}

//--- same-id.mlir
flm.model @m dims [h](%x: [h=4] f32) { return }
flm.config @c of @m {h = 4}
flm.recipe @r {micro_batch = 2}
flm.plan @p of @m on grid(dp = 2) {}
flm.program @train_step of @c(%x: [h=4] f32) {
  // CHECK: [[#@LINE+3]]:8: error: 'flm.collective' op has the id 0, which another collective has
  // CHECK: [[#@LINE+1]]:8: note: this one
  %y = collective all_gather %x over "dp" of 2 dim 0 id 0 bytes 16 : [h=4] f32 -> [h=8] f32
  %z = collective all_reduce %x over "dp" of 2 id 0 bytes 16 : [h=4] f32 -> [h=4] f32
  return
}

//--- no-id.mlir
flm.model @m dims [h](%x: [h=4] f32) { return }
flm.config @c of @m {h = 4}
flm.recipe @r {micro_batch = 2}
flm.plan @p of @m on grid(dp = 2) {}
flm.program @train_step of @c(%x: [h=4] f32) {
  // CHECK: [[#@LINE+1]]:8: error: 'flm.collective' op has the id 1, but no collective has the id 0
  %y = collective all_gather %x over "dp" of 2 dim 0 id 1 bytes 16 : [h=4] f32 -> [h=8] f32
  return
}

//--- no-axis.mlir
flm.model @m dims [h](%x: [h=4] f32) { return }
flm.config @c of @m {h = 4}
flm.recipe @r {micro_batch = 2}
flm.plan @p of @m on grid(dp = 2) {}
flm.program @train_step of @c(%x: [h=4] i32) {
  // CHECK: [[#@LINE+1]]:8: error: 'flm.local_tokens' op needs this rank's index on "tp", which the mesh does not have
  %y = local_tokens %x over "tp" size 8 : [h=4] i32
  return
}
