//===----------------------------------------------------------------------===//
// The interfaces of OpInterfaces.td and what they speak of.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_OPINTERFACES_H
#define FLM_DIALECTS_FLM_OPINTERFACES_H

#include "dialects/flm/Types.h"

#include "mlir/IR/OpDefinition.h"

#include <optional>

namespace flm {

/// What a parameter is to an op that reads it.
struct ParameterUse {
  enum Kind {
    Table,  ///< its rows are looked up
    Weight, ///< of two dims: one is contracted, the other made
    Gain,   ///< values are multiplied with it, element by element
    Bias,   ///< it is added to values, element by element
  };
  Kind kind;
  unsigned contracted = 0; ///< of a Weight: the index of that dim
  unsigned input = 0;      ///< of a Weight: the operand that it acts on
};

/// Where an op looks into a vocabulary.
struct VocabularyUse {
  NamedTensorType type; ///< a type of the op with the vocabulary as a dim
  DimAttr dim;          ///< that dim
  /// The operand whose elements are numbers of entries; null: none.
  mlir::OpOperand *indices = nullptr;
  /// The logits of which only the first `valid` (an attribute of the op) count;
  /// null: none.
  mlir::OpOperand *paddedLogits = nullptr;
};

} // namespace flm

#include "dialects/flm/OpInterfaces.h.inc"

#endif // FLM_DIALECTS_FLM_OPINTERFACES_H
