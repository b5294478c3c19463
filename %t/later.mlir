flm.model @m config @c recipe @r plan @p dims [hidden](%x: [hidden=4] f32) {
  // CHECK: [[#@LINE+1]]:8: error: 'flm.param' op breaks the contract of stage fuse: it has no µP multipliers
  %w = param "w" : [hidden=4] f32
  return
}
flm.program @init of @c() { return }
flm.program @train_step of @c() { return }
flm.program @eval_step of @c() { return }
flm.program @predict of @c() { return }
