//===----------------------------------------------------------------------===//
// Stage `graph`: one config, recipe and plan.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_GRAPH_PASSES_TD
#define FLM_PASSES_GRAPH_PASSES_TD

include "mlir/Pass/PassBase.td"

def InstantiateModel : Pass<"flm-instantiate-model", "::mlir::ModuleOp"> {
  let summary = "bind a config, a recipe and a plan to their model";
  let description = [{
    Gives every dim its size and every open element type the recipe's
    precision. Parameters declared in a loop body, one per iteration, become one
    parameter with a leading dim, sliced by the loop. What was not chosen is
    dropped; the chosen config lists all dims, the chosen recipe and plan stay
    for the stages after this one.

    A recipe that derives from others gets their bindings.

    An option that is empty stands for the only candidate; `set` overrides dims
    and recipe keys.

    Input, with `config=small recipe=r plan=one`:
    ```mlir
    %x = loop over layers (%h = %embed : [batch, seq, hidden]) {
      %w = param "w" : [hidden, hidden]
      %y = linear %h, %w : [batch, seq, hidden] -> [batch, seq, hidden]
      yield %y : [batch, seq, hidden]
    }
    ```
    Output:
    ```mlir
    %w_all = param "model.layers.*.w" : !f32_lhh
    %x = loop over layers=2 (%h = %embed : !f32_bsh) slices (%w = %w_all : !f32_hh) {
      %y = linear %h, %w : !f32_bsh -> !f32_bsh
      yield %y : !f32_bsh
    }
    ```
  }];
  let options = [
    Option<"config", "config", "std::string", "", "config to bind">,
    Option<"recipe", "recipe", "std::string", "", "recipe to train with">,
    Option<"plan", "plan", "std::string", "", "plan to shard by">,
    ListOption<"overrides", "set", "std::string",
               "dim=value or recipe key=value, over the config and recipe">
  ];
}

#endif // FLM_PASSES_GRAPH_PASSES_TD
