//===----------------------------------------------------------------------===//
// What code is generated for.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_TARGET_PASSES_TD
#define FLM_CODEGEN_TARGET_PASSES_TD

include "mlir/Pass/PassBase.td"

def SetTarget : Pass<"flm-set-target", "::mlir::ModuleOp"> {
  let summary = "choose what code is generated for";
  let description = [{
    Later stages ask the target that `flm.target` names (codegen/target/Target.h)
    how its kernels use memory, and for the kernels themselves; `flm.cpu` is the
    CPU that host functions run on. An option that is left out changes nothing
    where the module has the attribute, and else means `cpu` and `native`.

    Output, with `target=cpu cpu=znver4`:
    ```mlir
    module attributes {flm.cpu = "znver4", flm.target = "cpu"} {
    ```
    Error: `unknown target 'sm_90'; known: cpu`
  }];
  let options = [
    Option<"target", "target", "std::string", "\"\"",
           "a target, by its name">,
    Option<"cpu", "cpu", "std::string", "\"\"",
           "CPU of the host functions, as LLVM calls it">
  ];
}

#endif // FLM_CODEGEN_TARGET_PASSES_TD
