//===----------------------------------------------------------------------===//
// The flm dialect: LLM training specs and the programs made from them.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECT_TD
#define FLM_DIALECT_TD

include "mlir/IR/OpBase.td"

def FlmDialect : Dialect {
  let name = "flm";
  let cppNamespace = "::flm";
  let summary = "Training of large language models as a graph over named dims";
  let description = [{
    A *spec* holds one architecture in symbolic dims (`flm.model`), its sizes
    (`flm.config`), training hyper-parameters (`flm.recipe`) and parallel plans
    (`flm.plan`). The compiler's stages turn one choice of these into
    `flm.program`s: `@init`, `@train_step`, `@eval_step`, `@predict`.

    Every value is a `!flm.tensor`: a tensor whose dims have names. Names give
    shapes, decide which dims are *width* for µP, and say what may be split
    over a mesh. From the `shard` stage on, the type also says how the value is
    distributed, so that a partial sum can not be mistaken for a value.
  }];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    void registerTypes();
    void registerAttributes();
    void registerOps();
  }];
}

#endif // FLM_DIALECT_TD
