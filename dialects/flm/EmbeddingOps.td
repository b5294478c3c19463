//===----------------------------------------------------------------------===//
// Rows of a table, and the gradient of the table.
//===----------------------------------------------------------------------===//
#ifndef FLM_EMBEDDING_OPS_TD
#define FLM_EMBEDDING_OPS_TD

include "dialects/flm/FlmBase.td"

def EmbeddingOp : FlmShardedOp<"embedding", "embed", [InfersType]> {
  let summary = "rows of a table, one per token";
  let description = [{
    `y[..., :] = table[tokens[...], :]`.

    ```mlir
    %embed = embedding %tokens, %table : [batch, seq] i32, [vocab, hidden]
    ```
  }];
  let arguments = (ins FlmTensor:$tokens, FlmReal:$table);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $tokens `,` $table `` custom<NamedAttrs>(attr-dict) `:`
    custom<EmbeddingTypes>(type($tokens), type($table), type($y))
  }];
  let extraClassDeclaration = comparesShapesOnly;
}

def EmbeddingGradOp : FlmShardedOp<"embedding_grad", "dtable"> {
  let summary = "gradient of an embedding with respect to its table";
  let description = [{
    `dtable[v, :] = sum of dy[t, :] over the t with tokens[t] = v`, in the order
    of t; added to `into` where that is given.

    ```mlir
    %dtable = embedding_grad %dy, %tokens : !bsh, !i32_bs -> !f32_vh
    ```
  }];
  let arguments = (ins FlmReal:$dy, FlmTensor:$tokens,
                       Optional<FlmReal>:$into);
  let results = (outs FlmReal:$dtable);
  let assemblyFormat = [{
    $dy `,` $tokens (`into` $into^)? `` custom<NamedAttrs>(attr-dict) `:`
    custom<Tensor>(type($dy)) `,` custom<Tensor>(type($tokens)) `->`
    custom<IntoTypes>(ref($into), type($dtable), type($into))
  }];
  let hasVerifier = 1;
}

#endif // FLM_EMBEDDING_OPS_TD
