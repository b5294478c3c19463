//===----------------------------------------------------------------------===//
// Changes of distribution.
//===----------------------------------------------------------------------===//
#ifndef FLM_RESHARD_OPS_TD
#define FLM_RESHARD_OPS_TD

include "dialects/flm/FlmBase.td"

def Collective : I32EnumAttr<"Collective", "what moves between ranks", [
    I32EnumAttrCase<"AllReduce", 0, "all_reduce">,
    I32EnumAttrCase<"ReduceScatter", 1, "reduce_scatter">,
    I32EnumAttrCase<"AllGather", 2, "all_gather">,
    I32EnumAttrCase<"AllToAll", 3, "all_to_all">,
    I32EnumAttrCase<"Slice", 4, "slice">,
    I32EnumAttrCase<"Mask", 5, "mask">,
    I32EnumAttrCase<"Send", 6, "send">,
    I32EnumAttrCase<"Receive", 7, "receive">]> {
  let cppNamespace = "::flm";
}

def ReshardOp : FlmComputeOp<"reshard", "resharded"> {
  let summary = "the same value in another distribution";
  let description = [{
    Changes the state of one mesh axis. Which collective that is follows from
    the two types (B: bytes of the value without this axis's split, n: ranks on
    the axis, bytes sent per rank):

    | from \ to | replicated | split(d) | partial(sum) |
    |---|---|---|---|
    | partial(sum) | all_reduce 2B(n-1)/n | reduce_scatter B(n-1)/n | |
    | partial(max) | all_reduce 2B(n-1)/n | | |
    | split(i) | all_gather B(n-1)/n | all_to_all B(n-1)/n^2 | |
    | replicated | slice 0 | | mask 0 |
    | at(k) | | | mask 0 |

    `mask` keeps the value on the axis's first rank (of at(last): on its last)
    and puts zeros elsewhere.

    `id` numbers the collectives of a module and `bytes` is what one rank sends;
    the `shard` stage sets both when all reshards are in place.

    ```mlir
    %g = reshard %d_w id 3 bytes 4096 : !f32_fh_dp_sum -> !f32_fh
    ```
  }];
  let arguments = (ins FlmTensor:$x, OptionalAttr<I64Attr>:$id,
                       OptionalAttr<I64Attr>:$bytes);
  let results = (outs FlmTensor:$y);
  let assemblyFormat = [{
    $x (`id` custom<Integer>($id)^)? (`bytes` custom<Integer>($bytes)^)? ``
    custom<NamedAttrs>(attr-dict) `:` custom<Tensor>(type($x)) `->`
    custom<Tensor>(type($y))
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = [{
    /// The mesh axis whose state changes.
    ::mlir::StringAttr getAxis();
    ::flm::Collective getCollective();
  }];
}

#endif // FLM_RESHARD_OPS_TD
