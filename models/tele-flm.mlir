// Tele-FLM: a pre-norm decoder with RMSNorm, RoPE, SwiGLU, no biases and an
// untied head (arXiv:2404.16645, section 3.1; parameter names as on Hugging
// Face, CofeAI/Tele-FLM).
flm.model @tele_flm
    dims [batch, seq, vocab, padded_vocab = round_up(vocab, 512), hidden, heads, head_dim = hidden / heads, ffn, layers]
    (%tokens: [batch, seq] i32, %targets: [batch, seq] i32) {
  %embed_tokens = param "model.embed_tokens.weight" : [padded_vocab, hidden]
  %embed = embedding %tokens, %embed_tokens : [batch, seq] i32, [padded_vocab, hidden]
  %x = loop over layers (%h = %embed : [batch, seq, hidden]) {
    %input_layernorm = param "input_layernorm.weight" : [hidden]
    %q_proj = param "self_attn.q_proj.weight" : [heads * head_dim, hidden]
    %k_proj = param "self_attn.k_proj.weight" : [heads * head_dim, hidden]
    %v_proj = param "self_attn.v_proj.weight" : [heads * head_dim, hidden]
    %o_proj = param "self_attn.o_proj.weight" : [hidden, heads * head_dim]
    %post_attention_layernorm = param "post_attention_layernorm.weight" : [hidden]
    %gate_proj = param "mlp.gate_proj.weight" : [ffn, hidden]
    %up_proj = param "mlp.up_proj.weight" : [ffn, hidden]
    %down_proj = param "mlp.down_proj.weight" : [hidden, ffn]
    %n = rms_norm %h, %input_layernorm eps 1.0e-5 : [batch, seq, hidden]
    %q = linear %n, %q_proj : [batch, seq, hidden] -> [batch, seq, heads * head_dim]
    %k = linear %n, %k_proj : [batch, seq, hidden] -> [batch, seq, heads * head_dim]
    %v = linear %n, %v_proj : [batch, seq, hidden] -> [batch, seq, heads * head_dim]
    %qr = rope %q theta 1.0e4 : [batch, seq, heads * head_dim]
    %kr = rope %k theta 1.0e4 : [batch, seq, heads * head_dim]
    %a = attention %qr, %kr, %v causal : [batch, seq, heads * head_dim]
    %o = linear %a, %o_proj : [batch, seq, heads * head_dim] -> [batch, seq, hidden]
    %r = add %h, %o : [batch, seq, hidden]
    %n2 = rms_norm %r, %post_attention_layernorm eps 1.0e-5 : [batch, seq, hidden]
    %gate = linear %n2, %gate_proj : [batch, seq, hidden] -> [batch, seq, ffn]
    %up = linear %n2, %up_proj : [batch, seq, hidden] -> [batch, seq, ffn]
    %act = silu_mul %gate, %up : [batch, seq, ffn]
    %down = linear %act, %down_proj : [batch, seq, ffn] -> [batch, seq, hidden]
    %out = add %r, %down : [batch, seq, hidden]
    yield %out : [batch, seq, hidden]
  }
  %norm = param "model.norm.weight" : [hidden]
  %lm_head = param "lm_head.weight" : [padded_vocab, hidden]
  %xn = rms_norm %x, %norm eps 1.0e-5 : [batch, seq, hidden]
  %logits = linear %xn, %lm_head : [batch, seq, hidden] -> [batch, seq, padded_vocab]
  %loss = cross_entropy %logits, %targets valid vocab : [batch, seq, padded_vocab], [batch, seq] i32
  return %loss : [] f32
}

// Sizes. Tele-FLM keeps depth and head_dim 128 fixed while width grows; its FFN
// is about 8/3 of hidden, rounded up to a multiple of 64.

// tiny: bytes as tokens; a step takes a fraction of a second on two cores.
flm.config @tiny of @tele_flm {seq = 256, vocab = 256, padded_vocab = 256, hidden = 256, heads = 4, ffn = 704, layers = 4}
// mup_proxy: Tele-FLM_muP, arXiv:2404.16645 table 2 (283M parameters). The
// paper's vocabulary is 80,000; the released checkpoint pads it to 80,384.
flm.config @mup_proxy of @tele_flm {seq = 4096, vocab = 80000, hidden = 512, heads = 4, ffn = 1344, layers = 64}
// b1, b7: in-between sizes of ours, width and depth as in Llama-like models of
// 1.1 and 7.1 billion parameters, with Tele-FLM's head_dim, FFN ratio and vocabulary.
flm.config @b1 of @tele_flm {seq = 4096, vocab = 80000, hidden = 2048, heads = 16, ffn = 5504, layers = 16}
flm.config @b7 of @tele_flm {seq = 4096, vocab = 80000, hidden = 4096, heads = 32, ffn = 10944, layers = 32}
// b52: Tele-FLM-52B, arXiv:2404.16645 table 2.
flm.config @b52 of @tele_flm {seq = 4096, vocab = 80000, hidden = 8192, heads = 64, ffn = 21824, layers = 64}
// t1: Tele-FLM-1T, config.json of CofeAI/Tele-FLM-1T (its vocab_size 81,920 is
// the padded one).
flm.config @t1 of @tele_flm {seq = 4096, vocab = 80000, padded_vocab = 81920, hidden = 20480, heads = 160, ffn = 98304, layers = 140}

// Tele-FLM's final values, arXiv:2404.16645 table 4, are those at hidden 8192.
// Here they stand at the proxy's hidden 512, from which the `mup` stage
// transfers them: matrix_lr 1.5e-4 * 16, matrix_std 4.242e-3 * sqrt(16),
// output_mult 3.125e-2 * 16; vector-like values do not change with width. Adam's
// betas and epsilon are not reported; these are FLM-101B's (arXiv:2309.03852)
// and PyTorch's default. Batch: 5,505,024 tokens a step is 1,344 sequences.
flm.recipe @pretrain {
  optimizer = adamw, beta1 = 0.9, beta2 = 0.95, eps = 1.0e-8, weight_decay = 0.0, clip = 1.0,
  lr = 1.5e-4, min_lr = 1.5e-5, schedule = cosine, warmup = 2000, steps = 454131,
  precision = f32, micro_batch = 1, micro_batches = 1,
  parametrization = mup, width = [hidden, heads, ffn], base_width = 512,
  matrix_lr = 2.4e-3, std = 4.0e-3, matrix_std = 1.6968e-2, input_mult = 1.0, output_mult = 0.5
}
// In bf16 with f32 master weights, as the 52B run.
flm.recipe @pretrain_bf16 from @pretrain {precision = bf16}
// Minutes on a CPU: few steps, so a short schedule and larger learning rates
// than a long run would use.
flm.recipe @quick from @pretrain {
  lr = 3.0e-3, min_lr = 3.0e-4, warmup = 50, steps = 600, micro_batch = 8,
  base_width = 256, matrix_lr = 3.0e-3, std = 2.0e-2, matrix_std = 4.0e-2, output_mult = 1.0
}

flm.plan @single of @tele_flm on grid() {}
flm.plan @megatron_896 of @tele_flm on grid(dp = 112, pp = 2, tp = 4)
  {batch -> dp, heads -> tp, ffn -> tp, vocab -> tp, seq -> tp, layers -> pp, optimizer -> dp}
