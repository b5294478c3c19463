flm.model @m config @c recipe @r plan @p dims [hidden](%x: [hidden=4] f32) {
  // CHECK: [[#@LINE+1]]:8: error: 'flm.param' op breaks the contract of stage graph: its type is not bound: '!flm.tensor<[hidden] f32>'
  %w = param "w" : [hidden] f32
  return
}

