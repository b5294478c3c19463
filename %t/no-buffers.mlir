flm.model @m config @c recipe @r plan @p dims [batch](%x: [batch=2] i32) { return }
// The runtime carries out @init: no buffers there.
flm.program @init of @c() {
  %zero = fill 0.0 : [batch=2] f32
  return
}
flm.program @train_step of @c() {
  // CHECK: [[#@LINE+1]]:11: error: 'flm.fill' op breaks the contract of stage plan: its results have no buffers
  %zero = fill 0.0 : [batch=2] f32
  return
}
flm.program @eval_step of @c() { return }
flm.program @predict of @c() { return }

