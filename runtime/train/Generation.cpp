//===----------------------------------------------------------------------===//
// Sampling one token at a time. The whole window is computed for each: there
// is no key-value cache, this is a look at a model in training.
//===----------------------------------------------------------------------===//
#include "runtime/train/Generation.h"

#include "runtime/UserError.h"
#include "runtime/train/Philox.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace flmrt;

std::unique_ptr<Tokenizer> flmrt::openTokenizer(const std::string &name,
                                                int64_t vocab) {
  constexpr int64_t byteVocab = 256;
  if (name.empty() && vocab != byteVocab)
    throw UserError("--generate needs --tokenizer: nothing beside the data "
                    "says which one it is, and a vocabulary of " +
                    std::to_string(vocab) + " is not bytes");
  bool isBytes = name.empty() || name == "bytes";
  std::unique_ptr<Tokenizer> tokenizer =
      isBytes ? Tokenizer::bytes() : Tokenizer::open(name);
  if (tokenizer->vocabSize() > vocab)
    throw UserError("tokenizer " + name + " has " +
                    std::to_string(tokenizer->vocabSize()) +
                    " tokens, but the model has " + std::to_string(vocab) +
                    ": it is the tokenizer of another model");
  return tokenizer;
}

int32_t flmrt::sampleToken(const float *logits, int64_t vocab,
                           double temperature, double u) {
  if (!std::all_of(logits, logits + vocab,
                   [](float logit) { return std::isfinite(logit); }))
    throw UserError("cannot generate: a logit is not a finite number; the "
                    "parameters are damaged or training diverged");
  const float *largest = std::max_element(logits, logits + vocab);
  if (temperature == 0)
    return static_cast<int32_t>(largest - logits);
  auto weight = [&](int64_t i) {
    return std::exp((double(logits[i]) - double(*largest)) / temperature);
  };
  double total = 0;
  for (int64_t i = 0; i < vocab; ++i)
    total += weight(i);
  double left = u * total;
  for (int64_t i = 0; i < vocab; ++i)
    if ((left -= weight(i)) < 0)
      return static_cast<int32_t>(i);
  // Rounding left a crumb beyond the last weight.
  return static_cast<int32_t>(largest - logits);
}

/// Bytes at the end of `text` that begin a UTF-8 character and do not end it.
static size_t openCharacter(const std::string &text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80)
      return 0;
    if (byte >= 0xC0) {
      size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
      return length > back ? back : 0;
    }
  }
  return 0;
}

void flmrt::generate(CompiledProgram &program, const ProgramManifest &manifest,
                     const Tokenizer &tokenizer, const std::string &prompt,
                     int64_t count, double temperature, uint64_t seed,
                     Communicator &communicator,
                     const std::function<bool()> &isInterrupted) {
  std::vector<int32_t> tokens = tokenizer.encode(prompt);
  if (tokens.empty())
    throw UserError("--generate needs some text to continue; found none");
  const int64_t vocab = std::min(manifest.vocab, tokenizer.vocabSize());
  const auto seq = static_cast<size_t>(manifest.seq);
  RandomStream random(seed, "generate");
  std::vector<int32_t> window(seq);
  std::string text = tokenizer.decode(tokens);
  size_t printed = 0;
  for (int64_t i = 0; i <= count && !isInterrupted(); ++i) {
    // A character that is not complete yet waits for its other bytes.
    size_t ready = i == count ? text.size() : text.size() - openCharacter(text);
    if (ready > printed)
      std::fwrite(text.data() + printed, 1, ready - printed, stdout);
    std::fflush(stdout);
    printed = std::max(printed, ready);
    if (i == count)
      break;
    // Attention is causal: what stands behind the last token has no effect.
    size_t length = std::min(seq, tokens.size());
    std::fill(window.begin(), window.end(), 0);
    std::copy(tokens.end() - static_cast<ptrdiff_t>(length), tokens.end(),
              window.begin());
    const float *logits =
        program.predict(window.data()) +
        static_cast<int64_t>(length - 1) * manifest.paddedVocab;
    int32_t token = 0;
    if (communicator.isRoot())
      token = sampleToken(logits, vocab, temperature,
                          random.uniform(static_cast<uint64_t>(i)));
    // The last bit of a logit may differ between ranks.
    tokens.push_back(static_cast<int32_t>(
        communicator.largest("the choice of a token", {token})[0]));
    // All of it again: what a token reads as may depend on those before it.
    text = tokenizer.decode(tokens);
  }
  std::printf("\n");
}
