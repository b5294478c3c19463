//===----------------------------------------------------------------------===//
// What an op says about how its operands may lie on a mesh.
//===----------------------------------------------------------------------===//
#ifndef FLM_SHARDING_RULE_TD
#define FLM_SHARDING_RULE_TD

include "mlir/IR/OpBase.td"

def ShardingRuleOpInterface : OpInterface<"ShardingRuleOpInterface"> {
  let cppNamespace = "::flm";
  let description = [{
    The rule of an op is data (`ShardingRule` in Distribution.h). One verifier
    reads it as a relation between the states of operands and results, the
    partitioner as the list of its choices. Attached from outside, as external
    models in passes/sharding/rules.
  }];
  let methods = [
    InterfaceMethod<"The rule of this op.", "::flm::ShardingRule",
                    "getShardingRule">
  ];
}

#endif // FLM_SHARDING_RULE_TD
