flm.model @m config @c recipe @r plan @p dims [batch](%x: [batch=2] i32) { return }
flm.program @init of @c() { return }
flm.program @train_step of @c() { return }
flm.program @eval_step of @c(%x: [batch=2, vocab=3] f32, %y: [batch=2] i32) {
  // CHECK: [[#@LINE+1]]:11: error: 'flm.cross_entropy' op breaks the contract of stage train: cross_entropy must be its primitives
  %loss = cross_entropy %x, %y : [batch=2, vocab=3] f32, [batch=2] i32
  return
}
flm.program @predict of @c() { return }

