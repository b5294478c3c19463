// CHECK: error: 'builtin.module' op breaks the contract of stage train: there is no program @eval_step
flm.model @m config @c recipe @r plan @p dims [batch](%x: [batch=2] i32) { return }
flm.program @init of @c() { return }
flm.program @train_step of @c() { return }
flm.program @predict of @c() { return }

