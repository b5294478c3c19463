//===----------------------------------------------------------------------===//
// Text from the current parameters.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_GENERATION_H
#define FLM_RUNTIME_TRAIN_GENERATION_H

#include "runtime/comm/Communicator.h"
#include "runtime/data/Tokenizer.h"
#include "runtime/train/CompiledProgram.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace flmrt {

/// The tokenizer `name`: "bytes" or the path of a `.tokenizer` file. If `name`
/// is empty, bytes for a vocabulary of 256. Throws UserError if that leaves
/// none or if it has more tokens than the model.
std::unique_ptr<Tokenizer> openTokenizer(const std::string &name,
                                         int64_t vocab);

/// Draws an index from softmax(logits / temperature) by the uniform number `u`
/// in (0, 1); the largest logit for temperature 0. Throws UserError if a logit
/// is not a number.
int32_t sampleToken(const float *logits, int64_t vocab, double temperature,
                    double u);

/// Prints `prompt` and `count` sampled tokens to standard output as they come.
/// Token i depends only on the parameters, the text before it and (seed, i).
/// All ranks call it; the root's choice is everybody's. Ends early if
/// `isInterrupted` says so between two tokens.
void generate(CompiledProgram &program, const ProgramManifest &manifest,
              const Tokenizer &tokenizer, const std::string &prompt,
              int64_t count, double temperature, uint64_t seed,
              Communicator &communicator,
              const std::function<bool()> &isInterrupted);

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_GENERATION_H
