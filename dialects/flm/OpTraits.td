//===----------------------------------------------------------------------===//
// What passes may know of an op without naming it: properties without methods.
//===----------------------------------------------------------------------===//
#ifndef FLM_OP_TRAITS_TD
#define FLM_OP_TRAITS_TD

include "mlir/IR/OpBase.td"

class FlmTrait<string name> : NativeOpTrait<name> {
  let cppNamespace = "::flm::OpTrait";
}

/// Operands and results obey the op's sharding rule on every mesh axis.
def Distributed : FlmTrait<"Distributed">;

/// The op only adds up, scales or converts its operands. Where they are partial
/// it is carried out on the parts and the result is reduced once, instead of
/// each operand before it. (Other ops may be linear, too; but their results are
/// larger, or are what somebody waits for.)
def PassesPartialsOn : FlmTrait<"PassesPartialsOn">;

/// The op changes no element's place: its result is flat (`split(*)`) where its
/// operand is.
def StaysFlat : FlmTrait<"StaysFlat">;

/// A sum over all elements of the operand, whose sums over its parts add up: of a
/// split operand it needs no other part.
def SumsParts : FlmTrait<"SumsParts">;

/// Carried out by all stages of a pipeline, on whole values: what it reads, or the
/// sum that it gives (SumsParts), is made known to all of them.
def KnownToAllStages : FlmTrait<"KnownToAllStages">;

/// Costs little beside what it reads, and what it makes is as large: recomputed
/// instead of saved by `recompute = selective`.
def CheapToRecompute : FlmTrait<"CheapToRecompute">;

#endif // FLM_OP_TRAITS_TD
