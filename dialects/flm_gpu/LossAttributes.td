//===----------------------------------------------------------------------===//
// The pieces of cross-entropy on a chunk of the logits' columns, so that the
// logits of a large vocabulary need not exist all at once.
//
// logits is [rows, columns] of `type`; column j of the chunk is entry first + j
// of the vocabulary. Entries from `vocab` on are padding: they count for nothing
// and have no gradient. A target outside the chunk (or -1: one that another
// rank's part of the vocabulary has) is not picked and has no one-hot. rows,
// columns, first and vocab are i32 arguments; columns is a multiple of 16 bytes.
//
// A block has `warps` warps; a team of `team` of them (a power of 2) takes a
// row.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_LOSSATTRIBUTES_TD
#define FLM_DIALECTS_FLM_GPU_LOSSATTRIBUTES_TD

include "dialects/flm_gpu/KernelInterface.td"

def SoftmaxStatisticsAttr : FlmGpuKernelAttr<"SoftmaxStatistics",
                                             "softmax_statistics"> {
  let summary = "what cross-entropy needs to know of each row of the logits";
  let description = [{
    Any of these f32 [rows], all of them in one read of the logits:

      max      the maximum over the row (`flm.reduce_max`)
      sum_exp  the sum of exp(logit - max) (`flm.sum_exp`); without `max`, the
               maximum is an input, e.g. that over all ranks
      pick     the logit of the target, 0 where it is outside (`flm.pick`)

    With `running`, they take in one more chunk: the maximum and the sum of the
    chunks so far are updated (Milakov and Gimelshein, arXiv:1805.02867), and the
    picked logit is left alone where the target is outside. A NaN among the
    logits is not the maximum, but the sum is NaN then.

    ```mlir
    #flm_gpu.softmax_statistics<type = bf16, max = true, sum_exp = true, pick = true, running = true>
    ```
  }];
  let parameters = (ins "::mlir::Type":$type,
                        DefaultValuedParameter<"bool", "false">:$max,
                        DefaultValuedParameter<"bool", "false">:$sum_exp,
                        DefaultValuedParameter<"bool", "false">:$pick,
                        DefaultValuedParameter<"bool", "false">:$running,
                        DefaultValuedParameter<"int64_t", "8">:$warps,
                        DefaultValuedParameter<"int64_t", "8">:$team);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def CrossEntropyGradientAttr : FlmGpuKernelAttr<"CrossEntropyGradient",
                                                "cross_entropy_gradient"> {
  let summary = "the gradient of cross-entropy with respect to the logits";
  let description = [{
    d_logits[r, j] = (exp(logits[r, j] - max[r]) / sum_exp[r]
                      - (first + j == targets[r])) * seed[0]

    and 0 in the padding (`flm.cross_entropy_grad`), rounded to `type`. max and
    sum_exp are those of whole rows. seed, f32 [1], is the gradient of one
    token's loss. With `in_place`, the gradient takes the place of the logits.

    ```mlir
    #flm_gpu.cross_entropy_gradient<type = bf16, in_place = true>
    ```
  }];
  let parameters = (ins "::mlir::Type":$type,
                        DefaultValuedParameter<"bool", "false">:$in_place,
                        DefaultValuedParameter<"int64_t", "8">:$warps,
                        DefaultValuedParameter<"int64_t", "8">:$team);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // FLM_DIALECTS_FLM_GPU_LOSSATTRIBUTES_TD
