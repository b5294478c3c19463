//===----------------------------------------------------------------------===//
// The traits of OpTraits.td; what each means is said there.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_OPTRAITS_H
#define FLM_DIALECTS_FLM_OPTRAITS_H

#include "mlir/IR/OpDefinition.h"

namespace flm::OpTrait {

template <typename ConcreteOp>
class PassesPartialsOn
    : public mlir::OpTrait::TraitBase<ConcreteOp, PassesPartialsOn> {};

template <typename ConcreteOp>
class StaysFlat : public mlir::OpTrait::TraitBase<ConcreteOp, StaysFlat> {};

template <typename ConcreteOp>
class SumsParts : public mlir::OpTrait::TraitBase<ConcreteOp, SumsParts> {};

template <typename ConcreteOp>
class KnownToAllStages
    : public mlir::OpTrait::TraitBase<ConcreteOp, KnownToAllStages> {};

template <typename ConcreteOp>
class CheapToRecompute
    : public mlir::OpTrait::TraitBase<ConcreteOp, CheapToRecompute> {};

} // namespace flm::OpTrait

#endif // FLM_DIALECTS_FLM_OPTRAITS_H
