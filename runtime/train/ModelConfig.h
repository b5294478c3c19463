//===----------------------------------------------------------------------===//
// config.json of a checkpoint: what another program must know to compute the
// same numbers from model.safetensors.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_MODELCONFIG_H
#define FLM_RUNTIME_TRAIN_MODELCONFIG_H

#include "runtime/train/ProgramManifest.h"

#include <string>

namespace flmrt {

/// JSON text: sizes under Hugging Face's names where they have one,
/// multipliers, the true size of the vocabulary and the padded one that tensors
/// have. The same for every plan.
std::string modelConfig(const ProgramManifest &manifest);

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_MODELCONFIG_H
