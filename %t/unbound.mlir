// CHECK: [[#@LINE+1]]:1: error: 'flm.model' op breaks the contract of stage graph: it is not bound to a config, recipe and plan
flm.model @m config @c recipe @r dims [batch](%x: [batch=2] i32) { return }

