//===----------------------------------------------------------------------===//
// Ops that look into the vocabulary, where a rank has only a part of it.
//===----------------------------------------------------------------------===//
#ifndef FLM_PASSES_SHARDING_LOCALVOCABULARY_H
#define FLM_PASSES_SHARDING_LOCALVOCABULARY_H

#include "passes/sharding/Mesh.h"

namespace flm {

/// In a program that is still distributed: where the rows of a table or the
/// last dim of logits are split, gives the ops that index them tokens as the
/// rank's part numbers them (`local_tokens`), and hides the padding of logits
/// from the softmax (`mask_padding`) in place of `valid`, which counts from the
/// beginning of the whole vocabulary.
void localizeVocabulary(ProgramOp program, const Mesh &mesh);

} // namespace flm

#endif // FLM_PASSES_SHARDING_LOCALVOCABULARY_H
