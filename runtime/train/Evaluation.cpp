//===----------------------------------------------------------------------===//
// Always the same micro-batches in the same order, summed in f64: two
// evaluations of the same parameters give the same bits.
//===----------------------------------------------------------------------===//
#include "runtime/train/Evaluation.h"

#include "runtime/UserError.h"
#include "runtime/data/TokenFile.h"
#include "runtime/train/SideFile.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace flmrt;

Evaluation::Evaluation(const std::string &path, int64_t batches,
                       const ProgramManifest &manifest, int64_t rank)
    : source(TokenFile::open(path, manifest.vocab), manifest.seq,
             manifest.batch, Shuffle::None, 0),
      first(manifest.batchIndex(rank) * manifest.localBatch()),
      count(manifest.localBatch()),
      tokensPerByte(tokensPerByteOf(path, manifest.vocab)),
      tokens(static_cast<size_t>(count * manifest.seq)),
      targets(tokens.size()) {
  // A file of less than one micro-batch is used more than once within it.
  int64_t whole = std::max<int64_t>(1, source.windows() / manifest.batch);
  this->batches = batches == 0 ? whole : std::min(batches, whole);
}

std::optional<double> Evaluation::run(CompiledProgram &program,
                                      const MustStop &mustStop) {
  double sum = 0;
  for (int64_t i = 0; i < batches; ++i) {
    std::exception_ptr unreadable;
    try {
      source.part(i, first, count, tokens.data(), targets.data());
    } catch (const UserError &) {
      unreadable = std::current_exception();
    }
    if (mustStop(unreadable))
      return std::nullopt;
    sum += program.evaluate(tokens.data(), targets.data());
  }
  return sum / double(batches);
}

std::string Evaluation::describe(double loss) const {
  char text[96];
  if (tokensPerByte)
    std::snprintf(text, sizeof text, "%.4f nats/token | %.4f bits/byte", loss,
                  loss / std::log(2.0) * *tokensPerByte);
  else
    std::snprintf(text, sizeof text, "%.4f nats/token", loss);
  return text;
}
