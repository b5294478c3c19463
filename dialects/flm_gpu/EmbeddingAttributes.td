//===----------------------------------------------------------------------===//
// Rows of a table picked by token, and the table's gradient.
//
// A token outside [0, vocab), e.g. -1, is one that another rank's part of the
// table has: its row is zeros, and its gradient goes nowhere.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_EMBEDDINGATTRIBUTES_TD
#define FLM_DIALECTS_FLM_GPU_EMBEDDINGATTRIBUTES_TD

include "dialects/flm_gpu/KernelInterface.td"

def EmbeddingAttr : FlmGpuKernelAttr<"Embedding", "embedding"> {
  let summary = "rows of a table, one per token";
  let description = [{
    y[t, :] = table[tokens[t], :] (`flm.embedding`): tokens is i32 [tokens], y
    [tokens, columns] of `type`, table [vocab, columns] of `table_type` (by
    default `type`; else rounded or widened). A row has a multiple of 16 bytes. A
    block has `warps` warps; a team of `team` of them (a power of 2) copies a row.

    ```mlir
    #flm_gpu.embedding<type = bf16>
    ```
  }];
  let parameters = (ins "::mlir::Type":$type,
                        OptionalParameter<"::mlir::Type">:$table_type,
                        DefaultValuedParameter<"int64_t", "4">:$warps,
                        DefaultValuedParameter<"int64_t", "4">:$team);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def TokenOrderAttr : FlmGpuKernelAttr<"TokenOrder", "token_order"> {
  let summary = "the positions of a list of tokens, by token";
  let description = [{
    Sorts the positions of `tokens`, i32 [tokens], by token (as unsigned numbers)
    and, where tokens are the same, by position: `order[i]` is the position at
    place i. `ends[i]` is the place behind the last one of that token if i is its
    first place, else 0: a row of the table's gradient is the sum over places i
    to `ends[i]`, in this order. Both are i32 [tokens].

    A warp counts, for one position, the tokens that go before it: tokens^2
    comparisons in all, no atomics, always the same result. That is little beside
    the rows of a micro-batch: with 8k tokens about 10 us on an H100 (estimated
    from its instructions), which grows with the square; split lists of more than
    32k.

    ```mlir
    #flm_gpu.token_order<>
    ```
  }];
  let parameters = (ins DefaultValuedParameter<"int64_t", "8">:$warps);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def EmbeddingGradientAttr : FlmGpuKernelAttr<"EmbeddingGradient",
                                             "embedding_gradient"> {
  let summary = "the gradient of an embedding with respect to its table";
  let description = [{
    d_table[v, :] (+)= sum of d_y[t, :] over the t with tokens[t] = v, in the
    order of t (`flm.embedding_grad`): d_y is [tokens, columns] of `type`, d_table
    [vocab, columns] f32. `order` and `ends` are what a `#flm_gpu.token_order`
    makes of the tokens. Rows of tokens that do not occur are left alone: without
    `accumulate` too, so zero the table before (a memset of a table of 80k x 8192
    takes longer than the rest).

    A block takes a slice of the columns (a vector of 16 bytes of `type` for each
    of its threads) of the rows of one token. It costs one read of d_y and one
    write (with `accumulate` also one read) of the rows of tokens that occur. A
    token that occurs very often is one chain of additions: its rows are read
    four at a time by each slice.

    ```mlir
    #flm_gpu.embedding_gradient<type = bf16, accumulate = true>
    ```
  }];
  let parameters = (ins "::mlir::Type":$type,
                        DefaultValuedParameter<"bool", "false">:$accumulate,
                        DefaultValuedParameter<"int64_t", "4">:$warps);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // FLM_DIALECTS_FLM_GPU_EMBEDDINGATTRIBUTES_TD
