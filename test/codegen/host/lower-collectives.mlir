// The program of one rank of several: collectives, kernels that ask where on the
// mesh it is, and the manifest.
// REQUIRES: x86-registered-target
// RUN: split-file %s %t
// RUN: flm-opt %t/rank.mlir --flm-assign-buffers --flm-verify-buffers --flm-lower-programs=cpu=x86-64-v3 -o %t.out.mlir
// RUN: FileCheck %t/rank.mlir < %t.out.mlir
// The manifest, a field a line.
// RUN: grep flm_manifest %t.out.mlir | sed 's/\\22/"/g' | tr '{}' '\n\n' | FileCheck %t/rank.mlir --check-prefix=MANIFEST
// DEFINE: %{file} =
// DEFINE: %{refuses} = not flm-opt %t/%{file}.mlir --flm-assign-buffers --flm-lower-programs=cpu=x86-64-v3 --mlir-print-op-on-diagnostic=false 2>&1 | FileCheck %t/%{file}.mlir
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
!f32_sh = !flm.tensor<[seq=4, hidden=8] f32>
!f32_part = !flm.tensor<[seq=2, hidden=8] f32>
!f32_vh = !flm.tensor<[vocab=8, hidden=8] f32>
!f32_flat = !flm.tensor<[flat=33] f32>

flm.model @m dims [batch, seq, hidden, vocab](%tokens: [seq] i32) {
  %w = param "w" mup<matrix, normal(0.1), lr 1.0, wd 1.0, eps 1.0, ""> : [vocab=16, hidden=8] f32
  return
}
flm.config @c of @m {batch = 4, seq = 8, hidden = 8, vocab = 13}
flm.recipe @r {micro_batch = 2, micro_batches = 3}
flm.plan @four of @m on grid(dp = 2, pp = 3, tp = 2) {batch -> dp, layers -> pp, vocab -> tp}

// CHECK-DAG: func.func private @local_tokens_4_of8(
// CHECK-DAG: func.func private @mask_padding_4x13x8(
// CHECK-DAG: func.func private @chunk_squares_3x11(
// CHECK-DAG: func.func private @fold_slots_3x33(

// MANIFEST: "abi":2,"collectives":[
// MANIFEST: "axis":"tp","bytes":128,"dim":0,"dtype":"f32","id":0,"kind":"all_reduce","name":"x"
