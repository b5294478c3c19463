#!/usr/bin/env bash
# Fuzzes what the compiler reads, from a corpus that it is made for first:
#   smoke.sh BIN SPEC FOLDER SECONDS
# Ends with an error if something was found: FOLDER/found-* reproduces it, as the
# argument of the target that found it.
set -euo pipefail
bin=$1 spec=$2 folder=$3 seconds=$4
mkdir -p "$folder"/{attributes,ir,spec}

small=(--config=tiny --recipe=quick --set seq=8 --set hidden=16 --set heads=2 --set ffn=16
  --set layers=2 --set base_width=16 --set micro_batch=2 --set micro_batches=4)
dump() {
  "$bin/flmc" "$spec" "${small[@]}" --emit=buffers -o /dev/null --dump-dir="$folder/dump" "${@:2}"
  for file in "$folder"/dump/*.mlir; do mv "$file" "$folder/ir/$1-${file##*/}"; done
}
dump one
dump tensor --plan='grid(dp = 2, tp = 2) {batch -> dp, heads -> tp, ffn -> tp, vocab -> tp, seq -> tp, optimizer -> dp}'
dump pipeline --plan='grid(pp = 2) {layers -> pp}'

# One config of a small model, one recipe and a plan: nothing has to be chosen.
number=0
while read -r plan; do
  {
    sed '/^flm.config\|^flm.recipe\|^flm.plan/,$d' "$spec"
    echo "flm.config @tiny of @tele_flm {seq = 8, vocab = 256, padded_vocab = 256, hidden = 16, heads = 2, ffn = 16, layers = 2}"
    echo "flm.recipe @quick {steps = 4, micro_batch = 2, micro_batches = 4, base_width = 16}"
    echo "flm.plan @chosen of @tele_flm on $plan"
  } > "$folder/spec/$((number++)).mlir"
done <<'END'
grid() {}
grid(dp = 2, tp = 2) {batch -> dp, heads -> tp, ffn -> tp, vocab -> tp, seq -> tp, optimizer -> dp}
grid(dp = 2, pp = 2) {batch -> dp, layers -> pp, optimizer -> dp}
END

number=0
while read -r attribute; do
  echo -n "$attribute" > "$folder/attributes/$((number++))"
done <<'END'
#flm_gpu.gemm<layout = nt, input = bf16, output = bf16, sizes = [64, 64, 64], epilogue = #flm_gpu.gemm_swiglu<interleave = 8>>
#flm_gpu.gemm<layout = tn, input = bf16, output = f32, accumulate = true, schedule = <arch = sm_80, m = 128, n = 128, k = 64, stages = 3, group = 8, splits = 2>>
#flm_gpu.gemm<layout = nn, input = bf16, output = bf16, epilogue = #flm_gpu.gemm_rope<head_dim = 64, positions = 16>, schedule = <arch = sm_90a, m = 128, n = 256, k = 64, stages = 4, cluster = 2>>
#flm_gpu.gemm_fold<gemm = <layout = nt, input = bf16, output = bf16, schedule = <arch = sm_80, m = 64, n = 64, k = 64, stages = 2, splits = 4>>>
#flm_gpu.attention_forward<arch = sm_80, head_dim = 64, causal = true, scale = 0.125 : f32, stages = 2>
#flm_gpu.attention_backward<arch = sm_90a, gradient = keys_values, head_dim = 128, causal = false, scale = 0.1 : f32>
#flm_gpu.attention_row_terms<head_dim = 64>
#flm_gpu.rms_norm<type = bf16, eps = 1.0e-5 : f32, gain_type = f32, residual = true, save = true, columns = 1024, warps = 4, team = 2>
#flm_gpu.rms_norm_backward<type = bf16, eps = 1.0e-5 : f32, residual = true, columns = 1024, blocks = 132>
#flm_gpu.column_sum<type = f32, accumulate = true, warps = 16>
#flm_gpu.softmax_statistics<type = bf16, max = true, sum_exp = true, pick = true, running = true, warps = 8, team = 8>
#flm_gpu.cross_entropy_gradient<type = bf16, in_place = true, warps = 8, team = 8>
#flm_gpu.embedding<type = bf16, table_type = f32, warps = 4, team = 4>
#flm_gpu.embedding_gradient<type = bf16, accumulate = true, warps = 4>
#flm_gpu.token_order<warps = 8>
#flm_gpu.rope<type = bf16, head_dim = 64, inverse = true>
#flm_gpu.pointwise<function = silu_mul, input = bf16, output = f32, interleaved = true>
#flm_gpu.pointwise<function = scale, input = f32, output = f32, factor = 0.5 : f32>
#flm_gpu.transpose<type = bf16>
#flm_gpu.chunk_squares<type = bf16>
#flm_gpu.chunk_total<clip = true>
#flm_gpu.adamw<gradient = bf16, weight = bf16, lr = 0.5 : f32>
END

for kind in attributes ir spec; do
  "$bin/flm-fuzz-$kind" -max_total_time="$seconds" -max_len=200000 -keep_seed=1 -timeout=60 -rss_limit_mb=4000 \
    -artifact_prefix="$folder/found-$kind-" "$folder/$kind"
done
