// CHECK: error: 'builtin.module' op breaks the contract of stage graph: there must be one model
module {}

