// A network of layer_norm, as small as one can be that is split every way.
flm.model @mlp
    dims [batch, seq, vocab, padded_vocab = round_up(vocab, 4), hidden, ffn, layers]
    (%tokens: [batch, seq] i32, %targets: [batch, seq] i32) {
  %table = param "embed.weight" : [padded_vocab, hidden]
  %embed = embedding %tokens, %table : [batch, seq] i32, [padded_vocab, hidden]
  %x = loop over layers (%h = %embed : [batch, seq, hidden]) {
    %gain = param "ln.weight" : [hidden]
    %bias = param "ln.bias" : [hidden]
    %gate_proj = param "gate.weight" : [ffn, hidden]
    %up_proj = param "up.weight" : [ffn, hidden]
    %down_proj = param "down.weight" : [hidden, ffn]
    %n = layer_norm %h, %gain, %bias eps 1.0e-5 : [batch, seq, hidden]
    %gate = linear %n, %gate_proj : [batch, seq, hidden] -> [batch, seq, ffn]
    %up = linear %n, %up_proj : [batch, seq, hidden] -> [batch, seq, ffn]
    %act = silu_mul %gate, %up : [batch, seq, ffn]
    %down = linear %act, %down_proj : [batch, seq, ffn] -> [batch, seq, hidden]
    %out = add %h, %down : [batch, seq, hidden]
    yield %out : [batch, seq, hidden]
  }
  %last_gain = param "ln_last.weight" : [hidden]
  %last_bias = param "ln_last.bias" : [hidden]
  %y = layer_norm %x, %last_gain, %last_bias eps 1.0e-5 : [batch, seq, hidden]
  %head = param "head.weight" : [padded_vocab, hidden]
  %logits = linear %y, %head : [batch, seq, hidden] -> [batch, seq, padded_vocab]
  %loss = cross_entropy %logits, %targets valid vocab : [batch, seq, padded_vocab], [batch, seq] i32
  return %loss : [] f32
}

flm.config @small of @mlp {seq = 20, vocab = 256, hidden = 28, ffn = 44, layers = 2}
flm.recipe @quick {lr = 3.0e-3, warmup = 0, steps = 80, micro_batch = 8, width = [hidden, ffn], base_width = 28, matrix_std = 0.1, std = 0.02, eps = 1.0e-4}
flm.plan @one of @mlp on grid() {}
flm.plan @sp of @mlp on grid(tp = 2) {ffn -> tp, vocab -> tp, seq -> tp}
flm.plan @all of @mlp on grid(dp = 2, tp = 2) {batch -> dp, ffn -> tp, vocab -> tp, seq -> tp, optimizer -> dp}
