//===----------------------------------------------------------------------===//
// Any bytes as a tokenizer file of either kind: refused with UserError, or a
// tokenizer that restores a text of all bytes.
//===----------------------------------------------------------------------===//
#include "runtime/UserError.h"
#include "runtime/data/BpeTokenizer.h"

#include <cstdlib>

using namespace flmrt;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const std::string text = [] {
    std::string all = "  the 中文 é▁ \n\n";
    for (int byte = 0; byte < 256; ++byte)
      all += static_cast<char>(byte);
    return all;
  }();
  const std::string_view contents(reinterpret_cast<const char *>(data), size);
  for (bool model : {false, true}) {
    try {
      const BpeTokenizer tokenizer(model
                                       ? parseSentencePieceModel(contents, "f")
                                       : parseTokenizerFile(contents, "f"));
      const std::string restored = tokenizer.decode(tokenizer.encode(text));
      if (tokenizer.lossless() && restored != text)
        std::abort();
    } catch (const UserError &) {
    }
  }
  return 0;
}
