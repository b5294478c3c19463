//===----------------------------------------------------------------------===//
// The byte tokenizer, and opening the others.
//===----------------------------------------------------------------------===//
#include "runtime/data/Tokenizer.h"
#include "runtime/UserError.h"
#include "runtime/data/BpeTokenizer.h"

#include <algorithm>

namespace flmrt {

namespace {
class ByteTokenizer : public Tokenizer {
public:
  std::vector<int32_t> encode(std::string_view text) const override {
    const auto *bytes = reinterpret_cast<const unsigned char *>(text.data());
    return {bytes, bytes + text.size()};
  }

  std::string decode(const std::vector<int32_t> &tokens) const override {
    std::string out;
    out.reserve(tokens.size());
    for (int32_t token : tokens) {
      textBytes(token);
      out += static_cast<char>(token);
    }
    return out;
  }

  int64_t textBytes(int32_t token) const override {
    if (token < 0 || token > 255)
      throw UserError("token " + std::to_string(token) +
                      " has no text: the byte tokenizer has 256 tokens");
    return 1;
  }

  int64_t vocabSize() const override { return 256; }
};
} // namespace

Tokenizer::~Tokenizer() = default;

size_t Tokenizer::cutPosition(std::string_view text, size_t limit) const {
  return std::min(text.size(), limit);
}

std::unique_ptr<Tokenizer> Tokenizer::bytes() {
  return std::make_unique<ByteTokenizer>();
}

std::unique_ptr<Tokenizer> Tokenizer::open(const std::string &path) {
  return std::make_unique<BpeTokenizer>(readTokenizerSpec(path));
}

} // namespace flmrt
