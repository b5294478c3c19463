//===----------------------------------------------------------------------===//
// What is done to the product of a matrix multiplication before it is stored.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_GPU_GEMMEPILOGUES_TD
#define FLM_DIALECTS_FLM_GPU_GEMMEPILOGUES_TD

include "dialects/flm_gpu/KernelCall.td"

def GemmEpilogueAttrInterface : AttrInterface<"GemmEpilogueAttrInterface"> {
  let cppNamespace = "::flm::gpu";
  let description = [{
    An epilogue of a GEMM: what becomes of the f32 sums of A * B before they are
    rounded and stored in C. It works on each column of a row alone, or on pairs
    of columns `pairDistance` apart: in every block of 2 * pairDistance columns,
    column i of the first half goes with column i of the second. A pair becomes
    two elements, at the two places, or one: then C has half as many columns as
    A * B.

    Paired columns are always in the registers of one thread: fragments come in
    groups of eight columns, of which a thread has two neighbours. Only neighbours
    that become one element cost something: the threads of a quad then exchange
    results, so that each has two neighbours again.
  }];
  let methods = [
    InterfaceMethod<"Its name in that of the kernel, e.g. `swiglu`.",
                    "::llvm::StringRef", "epilogueName">,
    InterfaceMethod<[{
      From one column of a pair to the other: 1, 8, 16, 32 or 64; 0 where each
      column stands alone. Neighbours (1) become one element.
    }], "int64_t", "pairDistance", (ins), [{}], [{ return 0; }]>,
    InterfaceMethod<"Elements of C that a pair becomes: 2 or 1.",
                    "int64_t", "resultsPerPair", (ins), [{}],
                    [{ return 2; }]>,
    InterfaceMethod<[{
      Whether A * B is stored too, in a tensor `sums` of C's type.
    }], "bool", "keepsSums", (ins), [{}], [{ return false; }]>,
    InterfaceMethod<[{
      Its name and parameters, for the reference (codegen/gpu/reference).
    }], "::llvm::json::Object", "epilogueProblem", (ins), [{}], [{
      return ::llvm::json::Object{{"name", $_attr.epilogueName()}};
    }]>,
  ];
}

class GemmEpilogue<string name, string attrMnemonic, list<string> methods>
    : AttrDef<FlmGpuDialect, "Gemm" # name, [
        DeclareAttrInterfaceMethods<GemmEpilogueAttrInterface, methods>]> {
  let mnemonic = "gemm_" # attrMnemonic;
}

def GemmScaleAttr : GemmEpilogue<"Scale", "scale", ["epilogueProblem"]> {
  let summary = "each sum times a constant";
  let description = [{
    For example muP's output multiplier.

    ```mlir
    #flm_gpu.gemm_scale<factor = 6.25e-2 : f32>
    ```
  }];
  let parameters = (ins "::mlir::FloatAttr":$factor);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def GemmAddResidualAttr : GemmEpilogue<"AddResidual", "add_residual", []> {
  let summary = "plus a tensor `residual` of C's shape and type";
  let description = [{
    ```mlir
    #flm_gpu.gemm_add_residual
    ```
  }];
}

def GemmSwigluAttr : GemmEpilogue<"Swiglu", "swiglu",
    ["pairDistance", "resultsPerPair", "keepsSums", "epilogueProblem"]> {
  let summary = "silu(gate) * up of interleaved gate and up columns";
  let description = [{
    C has half the columns of P = A * B. Columns of P are gates and ups in turn,
    `interleave` of each, 1 or 8: C[r, j] = silu(P[r, 2 j]) * P[r, 2 j + 1], or
    C[r, 8 b + i] = silu(P[r, 16 b + i]) * P[r, 16 b + 8 + i], with silu(x) = x /
    (1 + exp(-x)) (Shazeer, arXiv:2002.05202). Whoever lays out the weight
    interleaves its rows. By eight, the epilogue is free, and 16 bytes of P hold
    either gates or ups; by one is what `#flm_gpu.pointwise` takes as
    `interleaved`. With `keep_sums`, P is stored too (`sums`, of C's type), for
    the backward pass. The number of columns of P must be a multiple of 16.

    ```mlir
    #flm_gpu.gemm_swiglu<interleave = 1, keep_sums = true>
    ```
  }];
  let parameters = (ins "int64_t":$interleave,
                        DefaultValuedParameter<"bool", "false">:$keep_sums);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def GemmRopeAttr : GemmEpilogue<"Rope", "rope",
    ["pairDistance", "epilogueProblem"]> {
  let summary = "rotary position embedding of each head";
  let description = [{
    Columns are heads of `head_dim`; rows are positions, `positions` to a
    sequence. Rotates the pairs (i, i + head_dim / 2) of each head, as `flm.rope`
    does, by angles from a table: `rotation`, f32 [positions, head_dim], has the
    cosines in its first half of the columns and the sines in its second.

    ```mlir
    #flm_gpu.gemm_rope<head_dim = 128, positions = 4096>
    ```
  }];
  let parameters = (ins "int64_t":$head_dim, "int64_t":$positions);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def GemmFunctionAttr : GemmEpilogue<"Function", "function",
    ["pairDistance", "resultsPerPair"]> {
  let summary = "a function of the module, inlined";
  let description = [{
    `function` is a `func.func` beside the gpu.module whose body is one block of
    pure ops of the arith, llvm and nvvm dialects. Its arguments are f32: one sum
    (or two that are `pair_distance` columns apart), then the elements of each
    operand at the places of the results. Its results are the elements of C: one
    for a sum, two or one for a pair.

    The first argument of an operand says what tensor it is (`flm_gpu.operand`,
    sizes from m, n, k). A dim of constant size is repeated along C: 1 is a
    broadcast, `(4096, n)` begins again every 4096 rows.

    ```mlir
    func.func private @biased(%sum: f32, %bias: f32 {flm_gpu.operand = #flm_gpu.operand<
        name = "bias", access = read, type = f32, shape = (m, n, k) -> (1, n), row_bytes = 16>}) -> f32 {
      %0 = arith.addf %sum, %bias : f32
      return %0 : f32
    }
    #flm_gpu.gemm_function<function = @biased>
    ```
  }];
  let parameters = (ins "::mlir::FlatSymbolRefAttr":$function,
      DefaultValuedParameter<"int64_t", "0">:$pair_distance,
      DefaultValuedParameter<"int64_t", "2">:$results_per_pair);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // FLM_DIALECTS_FLM_GPU_GEMMEPILOGUES_TD
