// STAGE: error: unknown stage 'grpah'; known: spec, graph, mup, train, shard, local, fuse, plan, kernels, llvm, exe
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

