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

