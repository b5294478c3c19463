//===----------------------------------------------------------------------===//
// What only the program of one rank has: collectives, and ops that depend on
// which rank it is.
//===----------------------------------------------------------------------===//
#ifndef FLM_LOCAL_OPS_TD
#define FLM_LOCAL_OPS_TD

include "dialects/flm/FlmBase.td"
include "dialects/flm/ReshardOps.td"

def CollectiveOp : FlmValueOp<"collective", "moved",
                              [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "what the ranks of one mesh axis do together";
  let description = [{
    Types are local, as everywhere from the `local` stage on. n = `of` is the
    number of ranks on the axis; parts are numbered by the ranks' index on it.
    Sums over ranks are folded as a tree in ascending order, f(n) = f(h) +
    f(n - h) with h the largest power of two below n, so that the result does
    not depend on timing.

    | kind | result |
    |---|---|
    | `all_reduce` | sum (or, `by "max"`, the maximum) of all operands |
    | `reduce_scatter` | part of that sum: dim `dim` divided by n |
    | `all_gather` | operands one behind the other along dim `dim` |
    | `all_to_all` | dim `dim` gathered, dim `to` divided by n |
    | `slice` | part of the operand, dim `dim` divided by n |
    | `mask` | the operand on the rank of index `at` (default 0), else zeros |
    | `send` | none: the operand goes to the rank `offset` further (cyclic) |
    | `receive` | what the rank `-offset` further sends, with the id `match`; the operand, if it has one, on ranks that do not run it (`flm.at`) |

    With `flat` = N instead of `dim`, parts are N elements of the flattened
    tensor, which is padded with zeros to n * N: one side has the type
    `[flat=N]`. `id` is the index into the manifest's list of collectives and
    `bytes` what one rank sends (runtime/abi).

    With `start`, the result is not there before a `wait`, and computation goes
    on meanwhile (flm-overlap-collectives).

    ```mlir
    %xn = collective all_gather %n over "tp" of 4 dim 1 id 7 bytes 98304 : !bsh_1 -> !bsh
    %r = collective reduce_scatter %d_w over "dp" of 2 flat 1024 id 8 bytes 4096 : !f32_fh -> !f32_flat
    collective send %h over "pp" of 2 offset 1 id 9 match 10 bytes 8192 : !bsh
    ```
  }];
  let arguments = (ins Collective:$kind, Optional<FlmTensor>:$x,
      StrAttr:$axis, I64Attr:$ranks, I64Attr:$id, I64Attr:$bytes,
      OptionalAttr<I64Attr>:$dim, OptionalAttr<I64Attr>:$to,
      OptionalAttr<I64Attr>:$flat, OptionalAttr<StrAttr>:$reduction,
      OptionalAttr<I64Attr>:$at, OptionalAttr<I64Attr>:$offset,
      OptionalAttr<I64Attr>:$match, UnitAttr:$started);
  let results = (outs Optional<FlmTensor>:$y);
  let assemblyFormat = [{
    (`start` $started^)? $kind ($x^)? `over` $axis `of` custom<Integer>($ranks)
    (`dim` custom<Integer>($dim)^)? (`to` custom<Integer>($to)^)?
    (`flat` custom<Integer>($flat)^)? (`by` $reduction^)?
    (`at` custom<Integer>($at)^)? (`offset` custom<Integer>($offset)^)?
    `id` custom<Integer>($id) (`match` custom<Integer>($match)^)?
    `bytes` custom<Integer>($bytes) `` custom<NamedAttrs>(attr-dict) (`:` custom<Tensor>(type($x))^)?
    (`->` custom<Tensor>(type($y))^)?
  }];
  let hasVerifier = 1;
}

def WaitOp : FlmValueOp<"wait", "moved", [MemoryEffects<[MemRead, MemWrite]>,
    SameShape<["pending", "y"]>]> {
  let summary = "the result of a collective that was started";
  let description = [{
    `pending` is what `collective start` gave: nobody else may read it, and the
    result has its bytes. `reading` is the collective's operand, unless the
    collective works in place (`all_reduce`): it must not change before the wait.

    ```mlir
    %xn_pending = collective start all_gather %n over "tp" of 4 dim 1 id 7 bytes 98304 : !bsh_1 -> !bsh
    %dw = linear_grad_w %dy, %x : !bsf, !bsh -> !fh
    %xn = wait %xn_pending reading %n id 7 : !bsh from !bsh_1
    ```
  }];
  let arguments = (ins FlmTensor:$pending, Optional<FlmTensor>:$source,
                       I64Attr:$id);
  let results = (outs FlmTensor:$y);
  let assemblyFormat = [{
    $pending (`reading` $source^)? `id` custom<Integer>($id) ``
    custom<NamedAttrs>(attr-dict) `:` custom<Alike>(type($pending), type($y))
    (`from` custom<Tensor>(type($source))^)?
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// What was started.
    ::flm::CollectiveOp started();
  }];
}

def LocalTokensOp : FlmComputeOp<"local_tokens", "local_tokens",
    [SameOperandsAndResultType]> {
  let summary = "tokens as a rank's part of the vocabulary numbers them";
  let description = [{
    `y = x - index * size` where that lies in [0, size), else -1, which
    `embedding` looks up as zeros and the other ops leave alone. `index` is this
    rank's on the mesh axis `over`, `size` the rows of the vocabulary that a rank
    has.

    ```mlir
    %local = local_tokens %tokens over "tp" size 64 : !i32_bs
    ```
  }];
  let arguments = (ins FlmTensor:$x, StrAttr:$axis, I64Attr:$size);
  let results = (outs FlmTensor:$y);
  let assemblyFormat = [{
    $x `over` $axis `size` custom<Integer>($size) ``
    custom<NamedAttrs>(attr-dict) `:` custom<Alike>(type($x), type($y))
  }];
}

def MaskPaddingOp : FlmComputeOp<"mask_padding", "masked",
    [SameOperandsAndResultType]> {
  let summary = "minus infinity in the logits of the padding";
  let description = [{
    Column j of this rank's n columns is entry `index * n + j` of the
    vocabulary; entries at or beyond `valid` become minus infinity, so that the
    softmax over all ranks gives them nothing. `index` is this rank's on the mesh
    axis `over`.

    ```mlir
    %masked = mask_padding %logits over "tp" valid 250 : !bs_padded_vocab
    ```
  }];
  let arguments = (ins FlmReal:$x, StrAttr:$axis, I64Attr:$valid);
  let results = (outs FlmReal:$y);
  let assemblyFormat = [{
    $x `over` $axis `valid` custom<Integer>($valid) ``
    custom<NamedAttrs>(attr-dict) `:` custom<Alike>(type($x), type($y))
  }];
}

#endif // FLM_LOCAL_OPS_TD
