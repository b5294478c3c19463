// Every promise broken once, after the stage that makes it.
// RUN: split-file %s %t
// DEFINE: %{stage} =
// DEFINE: %{file} =
// DEFINE: %{check} = not flm-opt %t/%{file}.mlir --mlir-print-op-on-diagnostic=false --flm-verify-contract=stage=%{stage} 2>&1 | FileCheck %t/%{file}.mlir

// RUN: not flm-opt %t/good.mlir --flm-verify-contract=stage=grpah 2>&1 | FileCheck %t/good.mlir --check-prefix=STAGE

// A specification promises nothing beyond its verifiers; its dump passes.
// RUN: flm-opt %t/good.mlir --flm-verify-contract=stage=spec
// RUN: flm-opt %t/good.mlir --flm-verify-contract=stage=graph
// RUN: flm-opt %t/good.mlir --flm-verify-contract=stage=mup
// RUN: flm-opt %t/good.mlir --flm-verify-contract=stage=train
// RUN: flm-opt %t/good.mlir --flm-verify-contract=stage=shard
// RUN: flm-opt %t/good.mlir --flm-verify-contract=stage=local
// RUN: flm-opt %t/good.mlir --flm-verify-contract=stage=fuse

// REDEFINE: %{stage} = graph
// REDEFINE: %{file} = no-model
// RUN: %{check}
// REDEFINE: %{file} = unbound
// RUN: %{check}
// REDEFINE: %{file} = symbolic
// RUN: %{check}
// REDEFINE: %{file} = open-element
// RUN: %{check}
// REDEFINE: %{file} = parameter-in-loop
// RUN: %{check}
// REDEFINE: %{stage} = mup
// REDEFINE: %{file} = no-multipliers
// RUN: %{check}
// REDEFINE: %{stage} = train
// REDEFINE: %{file} = no-program
// RUN: %{check}
// REDEFINE: %{file} = cross-entropy
// RUN: %{check}
// REDEFINE: %{stage} = shard
// REDEFINE: %{file} = unknown-axis
// RUN: %{check}
// REDEFINE: %{stage} = local
// REDEFINE: %{file} = distributed-argument
// RUN: %{check}
// REDEFINE: %{file} = distributed-value
// RUN: %{check}
// REDEFINE: %{file} = reshard
// RUN: %{check}
// REDEFINE: %{file} = loop-on-axis
// RUN: %{check}
// REDEFINE: %{stage} = buffers
// REDEFINE: %{file} = no-buffers
// RUN: %{check}

// Promises add up: what graph promises still holds after fuse.
// REDEFINE: %{stage} = fuse
// REDEFINE: %{file} = later
// RUN: %{check}

//--- good.mlir
// STAGE: error: unknown stage 'grpah'; known: spec, graph, mup, train, shard, local, fuse, buffers, kernels, llvm, exe
flm.model @m config @c recipe @r plan @p dims [batch, hidden](%x: [batch=2] i32, %y: [batch=2] i32) {
  %w = param "w" mup<vector, constant(1.0), lr 1.0, wd 1.0, eps 1.0, ""> : [hidden=4] f32
  return
}
flm.config @c of @m {batch = 2, hidden = 4}
flm.program @init of @c() { return }
flm.program @train_step of @c() {
  %w = param "w" : [hidden=4] f32
  return
}
flm.program @eval_step of @c() { return }
flm.program @predict of @c() { return }

//--- no-model.mlir
// CHECK: error: 'builtin.module' op breaks the contract of stage graph: there must be one model
module {}

//--- unbound.mlir
// CHECK: [[#@LINE+1]]:1: error: 'flm.model' op breaks the contract of stage graph: it is not bound to a config, recipe and plan
flm.model @m config @c recipe @r dims [batch](%x: [batch=2] i32) { return }

//--- symbolic.mlir
flm.model @m config @c recipe @r plan @p dims [hidden](%x: [hidden=4] f32) {
  // CHECK: [[#@LINE+1]]:8: error: 'flm.param' op breaks the contract of stage graph: its type is not bound: '!flm.tensor<[hidden] f32>'
  %w = param "w" : [hidden] f32
  return
}

//--- open-element.mlir
flm.model @m config @c recipe @r plan @p dims [hidden](%x: [hidden=4] f32) {
  // CHECK: [[#@LINE+1]]:8: error: 'flm.param' op breaks the contract of stage graph: its type is not bound: '!flm.tensor<[hidden=4]>'
  %w = param "w" : [hidden=4]
  return
}

//--- parameter-in-loop.mlir
flm.model @m config @c recipe @r plan @p dims [hidden, layers](%x: [hidden=4] f32) {
  loop over layers=2 () {
    // CHECK: [[#@LINE+1]]:10: error: 'flm.param' op breaks the contract of stage graph: a parameter is read inside a loop
    %w = param "w" : [hidden=4] f32
    yield
  }
  return
}

//--- no-multipliers.mlir
flm.model @m config @c recipe @r plan @p dims [hidden](%x: [hidden=4] f32) {
  // CHECK: [[#@LINE+1]]:8: error: 'flm.param' op breaks the contract of stage mup: it has no µP multipliers
  %w = param "w" : [hidden=4] f32
  return
}

//--- no-program.mlir
// CHECK: error: 'builtin.module' op breaks the contract of stage train: there is no program @eval_step
flm.model @m config @c recipe @r plan @p dims [batch](%x: [batch=2] i32) { return }
flm.program @init of @c() { return }
flm.program @train_step of @c() { return }
flm.program @predict of @c() { return }

//--- cross-entropy.mlir
flm.model @m config @c recipe @r plan @p dims [batch](%x: [batch=2] i32) { return }
flm.program @init of @c() { return }
flm.program @train_step of @c() { return }
flm.program @eval_step of @c(%x: [batch=2, vocab=3] f32, %y: [batch=2] i32) {
  // CHECK: [[#@LINE+1]]:11: error: 'flm.cross_entropy' op breaks the contract of stage train: cross_entropy must be its primitives
  %loss = cross_entropy %x, %y : [batch=2, vocab=3] f32, [batch=2] i32
  return
}
flm.program @predict of @c() { return }

//--- unknown-axis.mlir
flm.model @m config @c recipe @r plan @p dims [batch](%x: [batch=2] i32) { return }
flm.plan @p of @m on grid(dp = 2) {batch -> dp}
flm.program @init of @c() { return }
flm.program @train_step of @c() {
  %fine = fill 0.0 : [batch=2] f32 on {dp: split(batch)}
  // CHECK: [[#@LINE+1]]:12: error: 'flm.fill' op breaks the contract of stage shard: the plan has no axis "tp"
  %wrong = fill 0.0 : [batch=2] f32 on {dp: split(batch), tp: partial(sum)}
  return
}
flm.program @eval_step of @c() { return }
flm.program @predict of @c() { return }

//--- distributed-argument.mlir
flm.model @m config @c recipe @r plan @p dims [batch](%x: [batch=2] i32) { return }
flm.plan @p of @m on grid(dp = 2) {batch -> dp}
// The runtime carries out @init: it stays distributed.
flm.program @init of @c() {
  %w = fill 1.0 : [batch=2] f32 on {dp: split(batch)}
  return
}
// CHECK: [[#@LINE+1]]:1: error: 'flm.program' op breaks the contract of stage local: a value is distributed: '!flm.tensor<[batch=2] f32 on {dp: split(batch)}>'
flm.program @train_step of @c(%x: [batch=2] f32 on {dp: split(batch)}) { return }
flm.program @eval_step of @c() { return }
flm.program @predict of @c() { return }

//--- distributed-value.mlir
flm.model @m config @c recipe @r plan @p dims [batch](%x: [batch=2] i32) { return }
flm.plan @p of @m on grid(dp = 2) {batch -> dp}
// The runtime carries out @init: it stays distributed.
flm.program @init of @c() {
  %w = fill 1.0 : [batch=2] f32 on {dp: split(batch)}
  return
}
flm.program @train_step of @c() {
  // CHECK: [[#@LINE+1]]:11: error: 'flm.fill' op breaks the contract of stage local: a value is distributed: '!flm.tensor<[batch=2] f32 on {dp: partial(sum)}>'
  %zero = fill 0.0 : [batch=2] f32 on {dp: partial(sum)}
  return
}
flm.program @eval_step of @c() { return }
flm.program @predict of @c() { return }

//--- reshard.mlir
flm.model @m config @c recipe @r plan @p dims [batch](%x: [batch=2] i32) { return }
flm.plan @p of @m on grid(dp = 2) {batch -> dp}
// The runtime carries out @init: it stays distributed.
flm.program @init of @c() {
  %w = fill 1.0 : [batch=2] f32 on {dp: split(batch)}
  return
}
flm.program @train_step of @c(%x: [batch=2] f32) {
  // CHECK: [[#@LINE+1]]:8: error: 'flm.reshard' op breaks the contract of stage local: reshards must be collectives
  %y = reshard %x : [batch=2] f32 -> [batch=2] f32
  return
}
flm.program @eval_step of @c() { return }
flm.program @predict of @c() { return }

//--- loop-on-axis.mlir
flm.model @m config @c recipe @r plan @p dims [batch](%x: [batch=2] i32) { return }
flm.plan @p of @m on grid(dp = 2) {batch -> dp}
// The runtime carries out @init: it stays distributed.
flm.program @init of @c() {
  %w = fill 1.0 : [batch=2] f32 on {dp: split(batch)}
  return
}
flm.program @train_step of @c() {
  // CHECK: [[#@LINE+1]]:3: error: 'flm.loop' op breaks the contract of stage local: it is spread over the axis 'dp'
  loop over layers=2 on dp () {
    yield
  }
  return
}
flm.program @eval_step of @c() { return }
flm.program @predict of @c() { return }

//--- no-buffers.mlir
flm.model @m config @c recipe @r plan @p dims [batch](%x: [batch=2] i32) { return }
// The runtime carries out @init: no buffers there.
flm.program @init of @c() {
  %zero = fill 0.0 : [batch=2] f32
  return
}
flm.program @train_step of @c() {
  // CHECK: [[#@LINE+1]]:11: error: 'flm.fill' op breaks the contract of stage buffers: its results have no buffers
  %zero = fill 0.0 : [batch=2] f32
  return
}
flm.program @eval_step of @c() { return }
flm.program @predict of @c() { return }

//--- later.mlir
flm.model @m config @c recipe @r plan @p dims [hidden](%x: [hidden=4] f32) {
  // CHECK: [[#@LINE+1]]:8: error: 'flm.param' op breaks the contract of stage fuse: it has no µP multipliers
  %w = param "w" : [hidden=4] f32
  return
}
flm.program @init of @c() { return }
flm.program @train_step of @c() { return }
flm.program @eval_step of @c() { return }
flm.program @predict of @c() { return }
