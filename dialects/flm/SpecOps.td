//===----------------------------------------------------------------------===//
// What a user writes at top level: model, config, recipe, plan.
//===----------------------------------------------------------------------===//
#ifndef FLM_SPEC_OPS_TD
#define FLM_SPEC_OPS_TD

include "dialects/flm/FlmBase.td"

def ModelOp : FlmOp<"model", [Symbol, IsolatedFromAbove, SingleBlock,
    DeclareOpInterfaceMethods<OpAsmOpInterface,
        ["getDefaultDialect", "getAsmBlockArgumentNames"]>]> {
  let summary = "one architecture, in named symbolic dims";
  let description = [{
    Declares its dims and computes a loss from a micro-batch of tokens and
    targets. The `graph` stage binds a config and a recipe, after which the dims
    have sizes and `config` and `recipe` say which they were.

    ```mlir
    flm.model @bigram
        dims [batch, seq, vocab]
        (%tokens: [batch, seq] i32, %targets: [batch, seq] i32) {
      %table = param "bigram.weight" : [vocab, vocab]
      %logits = embedding %tokens, %table : [batch, seq] i32, [vocab, vocab]
      %loss = cross_entropy %logits, %targets : [batch, seq, vocab], [batch, seq] i32
      return %loss : [] f32
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
      TypedArrayAttrBase<DimDefAttr, "declarations of dims">:$dims,
      OptionalAttr<FlatSymbolRefAttr>:$config,
      OptionalAttr<FlatSymbolRefAttr>:$recipe,
      OptionalAttr<FlatSymbolRefAttr>:$plan);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// The declared dims, in order.
    ::llvm::SmallVector<DimDefAttr> dimDefs();
    /// Their names, for messages and look-ups.
    ::llvm::SmallVector<::llvm::StringRef> dimNames();
  }];
}

def ConfigOp : FlmOp<"config", [Symbol,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the sizes of a model's dims";
  let description = [{
    Binds dims of the model to positive integers. Dims that neither the config
    nor the recipe binds (`batch` is the recipe's `micro_batch`) must be derived.

    ```mlir
    flm.config @tiny of @tele_flm {seq = 256, vocab = 256, hidden = 128, heads = 4, ffn = 352, layers = 4}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$model,
                       StrArrayAttr:$names, ArrayAttr:$values);
  let assemblyFormat = [{
    $sym_name `of` $model custom<Bindings>($names, $values) attr-dict
  }];
}

def RecipeOp : FlmOp<"recipe", [Symbol,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "training hyper-parameters";
  let description = [{
    The keys, their types, defaults, units and meaning are the lines of
    `runtime/abi/Recipe.def`. Learning rates, standard deviations and the output
    multiplier are values at `base_width`; the `mup` stage transfers them to the
    config's width. A recipe `from` another says only what differs from it.

    ```mlir
    flm.recipe @pretrain {optimizer = adamw, lr = 1.5e-4, warmup = 2000, micro_batch = 1}
    flm.recipe @pretrain_bf16 from @pretrain {precision = bf16}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
      OptionalAttr<FlatSymbolRefAttr>:$base, StrArrayAttr:$names,
      ArrayAttr:$values);
  let assemblyFormat = [{
    $sym_name (`from` $base^)? custom<Bindings>($names, $values) attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The recipe that this one derives from, or null. Verified: the recipes
    /// that are reached by it end.
    RecipeOp baseRecipe();
  }];
}

def PlanOp : FlmOp<"plan", [Symbol,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a device mesh, and which dim is split over which of its axes";
  let description = [{
    The list is ordered: where an op could use several entries, the first wins,
    so `seq -> tp` at the end means sequence parallelism where heads, ffn and
    vocab do not apply. `optimizer -> dp` is ZeRO-1.

    ```mlir
    flm.plan @megatron_896 of @tele_flm on grid(dp = 112, pp = 2, tp = 4)
      {batch -> dp, heads -> tp, ffn -> tp, vocab -> tp, seq -> tp, layers -> pp, optimizer -> dp}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$model,
      StrArrayAttr:$axes, I64ArrayAttr:$sizes, StrArrayAttr:$from,
      StrArrayAttr:$to);
  let assemblyFormat = [{
    $sym_name `of` $model `on` `grid` `` custom<Grid>($axes, $sizes)
    custom<Rules>($from, $to) attr-dict
  }];
  let extraClassDeclaration = [{
    /// The number of ranks: the product of the axes.
    int64_t ranks();
    /// The size of a mesh axis that the grid has.
    int64_t axisSize(::llvm::StringRef axis);
    /// Over how many ranks the plan splits `dim`: 1 where no entry names it.
    int64_t partsOf(::llvm::StringRef dim);
  }];
}

def ParamOp : FlmValueOp<"param", "param", [NoMemoryEffect]> {
  let summary = "a parameter, read";
  let description = [{
    Inside a `loop` of a spec, one parameter per iteration; the `graph` stage
    hoists those as one parameter with a leading dim, whose name has a `*` where
    a checkpoint has the iteration's number. Deliberately not speculatable:
    hoisting it out of a loop would share one parameter between all layers.

    ```mlir
    %q_proj = param "self_attn.q_proj.weight" : [heads * head_dim, hidden]
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<MupAttr>:$mup);
  let results = (outs FlmReal:$value);
  let assemblyFormat = [{
    $name (`mup` `` $mup^)? `` custom<NamedAttrs>(attr-dict) `:`
    custom<Tensor>(type($value))
  }];
}

def ReturnOp : FlmOp<"return", [Pure, Terminator, KnownToAllStages,
    ParentOneOf<["ModelOp", "ProgramOp"]>]> {
  let summary = "ends a model or a program";
  let description = [{
    A model returns its loss; a program returns what its caller reads.

    ```mlir
    return %loss : [] f32
    ```
  }];
  let arguments = (ins Variadic<FlmTensor>:$values);
  let assemblyFormat = [{
    ($values^ `:` custom<Tensors>(type($values)))? attr-dict
  }];
}

#endif // FLM_SPEC_OPS_TD
