//===----------------------------------------------------------------------===//
// Always the same micro-batches in the same order, summed in f64: two
// evaluations of the same parameters give the same bits.
//===----------------------------------------------------------------------===//
#include "runtime/train/Evaluation.h"

#include "runtime/UserError.h"
#include "runtime/data/TokenFile.h"
#include "runtime/data/Tokenizer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace flmrt;

Evaluation::Evaluation(const std::string &path, int64_t batches,
                       const ProgramManifest &manifest, int64_t rank)
    : file(TokenFile::open(path, manifest.vocab)),
      side(SideFile::beside(path, file)),
      source(file, manifest.seq, manifest.batch, Shuffle::None, 0),
      seq(manifest.seq), batch(manifest.batch), windows(source.windows()),
      firstSlot(manifest.batchIndex(rank) * manifest.localBatch()),
      slots(manifest.localBatch()),
      tokens(static_cast<size_t>(slots * manifest.seq)),
      targets(tokens.size()) {
  if (batches > 0 && batches < windows / batch)
    windows = batches * batch;
  // The root alone prints.
  if (rank == 0)
    countTextBytes(manifest.vocab);
}

/// The window of the file that is the `index`-th one to evaluate: the middle
/// one of as many equal stretches.
int64_t Evaluation::windowAt(int64_t index) const {
  const int64_t all = source.windows();
  const int64_t whole = all / windows, rest = all % windows;
  return index * whole + index * rest / windows + (whole - 1) / 2;
}

void Evaluation::countTextBytes(int64_t vocab) {
  std::unique_ptr<Tokenizer> tokenizer = side.openTokenizer(vocab);
  if (!tokenizer)
    return;
  std::vector<int32_t> inputs(static_cast<size_t>(seq)), next(inputs);
  for (int64_t i = 0; i < windows; ++i) {
    source.read(windowAt(i), inputs.data(), next.data());
    for (int32_t token : next) {
      if (token >= tokenizer->vocabSize())
        throw UserError("'" + file.path() + "' holds token " +
                        std::to_string(token) + ", but the tokenizer that '" +
                        file.path() + ".json' names has " +
                        std::to_string(tokenizer->vocabSize()) +
                        ": it is another one; encode the text again");
      textBytes += tokenizer->textBytes(token);
    }
  }
}

/// The mean loss of a micro-batch that holds `different` windows from the
/// `first`-th one on, again and again if they do not fill it.
std::optional<double> Evaluation::meanOf(CompiledProgram &program,
                                         const MustStop &mustStop,
                                         int64_t first, int64_t different) {
  std::exception_ptr unreadable;
  try {
    for (int64_t slot = 0; slot < slots; ++slot)
      source.read(windowAt(first + (firstSlot + slot) % different),
                  tokens.data() + slot * seq, targets.data() + slot * seq);
  } catch (const UserError &) {
    unreadable = std::current_exception();
  }
  if (mustStop(unreadable))
    return std::nullopt;
  return program.evaluate(tokens.data(), targets.data());
}

/// The sum of the losses of fewer windows than a micro-batch has. Repeated in
/// one they come `batch / different` times each, and the first
/// `batch % different` of them once more: what these add is the sum of fewer
/// windows still. As in Euclid's algorithm, few micro-batches are enough.
std::optional<double> Evaluation::sumOfFew(CompiledProgram &program,
                                           const MustStop &mustStop,
                                           int64_t first, int64_t different) {
  std::optional<double> mean = meanOf(program, mustStop, first, different);
  std::optional<double> more = 0.0;
  if (mean && batch % different)
    more = sumOfFew(program, mustStop, first, batch % different);
  if (!mean || !more)
    return std::nullopt;
  return (*mean * double(batch) - *more) / double(batch / different);
}

std::optional<double> Evaluation::run(CompiledProgram &program,
                                      const MustStop &mustStop) {
  double sum = 0;
  int64_t done = 0;
  for (; done + batch <= windows; done += batch) {
    std::optional<double> mean = meanOf(program, mustStop, done, batch);
    if (!mean)
      return std::nullopt;
    sum += *mean * double(batch);
  }
  if (done < windows) {
    std::optional<double> rest =
        sumOfFew(program, mustStop, done, windows - done);
    if (!rest)
      return std::nullopt;
    sum += *rest;
  }
  return sum / double(windows);
}

std::optional<double> Evaluation::bitsPerByte(double loss) const {
  if (textBytes == 0)
    return std::nullopt;
  return loss * double(windows * seq) / (std::log(2.0) * double(textBytes));
}

std::string Evaluation::describe(double loss) const {
  char text[96];
  if (std::optional<double> bits = bitsPerByte(loss))
    std::snprintf(text, sizeof text, "%.4f nats/token | %.4f bits/byte", loss,
                  *bits);
  else
    std::snprintf(text, sizeof text, "%.4f nats/token", loss);
  return text;
}
