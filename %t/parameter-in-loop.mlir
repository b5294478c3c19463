flm.model @m config @c recipe @r plan @p dims [hidden, layers](%x: [hidden=4] f32) {
  loop over layers=2 () {
    // CHECK: [[#@LINE+1]]:10: error: 'flm.param' op breaks the contract of stage graph: a parameter is read inside a loop
    %w = param "w" : [hidden=4] f32
    yield
  }
  return
}

