//===----------------------------------------------------------------------===//
// Any text through a fixed BPE: restored to the byte, and the same tokens when
// cut where the tokenizer says it may be.
//===----------------------------------------------------------------------===//
#include "runtime/data/BpeTokenizer.h"
#include "test/runtime/data/TinyTokenizer.h"

#include <cstdlib>

using namespace flmrt;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const BpeTokenizer tokenizer(
      tinySpec({" ", "a", "b", "é", "中", "\n", " a", "ab", "中中", "\n\n",
                "é中", " ab", "aba", "b\n", "  "},
               {"<x>", "a<"}));
  if (size < 2)
    return 0;
  const size_t limit = 1 + data[0];
  const std::string_view text(reinterpret_cast<const char *>(data + 1),
                              size - 1);
  const std::vector<int32_t> whole = tokenizer.encode(text);
  if (tokenizer.decode(whole) != text)
    std::abort();
  const size_t cut = tokenizer.cutPosition(text, limit);
  std::vector<int32_t> joined = tokenizer.encode(text.substr(0, cut));
  const std::vector<int32_t> rest = tokenizer.encode(text.substr(cut));
  joined.insert(joined.end(), rest.begin(), rest.end());
  if (cut == 0 || joined != whole)
    std::abort();
  return 0;
}
