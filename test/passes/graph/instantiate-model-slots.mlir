// Sizes under a plan are global; accumulators must be one tree over all ranks.
// DEFINE: %{refuses} = not flm-opt %s --mlir-print-op-on-diagnostic=false --flm-instantiate-model
// RUN: flm-opt %s --flm-instantiate-model="plan=three" | FileCheck %s
// RUN: %{refuses}="plan=three set=reduction_slots=4" 2>&1 | FileCheck %s --check-prefix=RANKS
// RANKS: [[#@LINE+12]]:1: error: reduction_slots = 4 on 3 data-parallel ranks of plan @three: each rank must have 1, 2, 4, ... of them; next: 3, 6, 12
// RUN: %{refuses}="plan=three set=reduction_slots=9" 2>&1 | FileCheck %s --check-prefix=TREE
// TREE: [[#@LINE+10]]:1: error: reduction_slots = 9 on 3 data-parallel ranks of plan @three: each rank must have 1, 2, 4, ... of them; next: 3, 6, 12
// RUN: %{refuses}="plan=three set=reduction_slots=6,micro_batches=3" 2>&1 | FileCheck %s --check-prefix=SPREAD
// SPREAD: [[#@LINE+8]]:1: error: micro_batches = 3 do not spread evenly over 2 accumulators of a rank (reduction_slots = 6 on 3 data-parallel ranks)
// RUN: flm-opt %s --flm-instantiate-model="plan=three set=reduction_slots=6,micro_batches=4" -o /dev/null

// Two sequences on each of three ranks.
// CHECK: !f32_bh = !flm.tensor<[batch=6, hidden=8] f32>
flm.model @m dims [batch, hidden](%x: [batch, hidden] f32) { return }
flm.config @small of @m {hidden = 8}

flm.recipe @r {micro_batch = 2, width = [hidden]}
flm.plan @one of @m on grid() {}
flm.plan @three of @m on grid(dp = 3, tp = 2) {batch -> dp, hidden -> tp}
