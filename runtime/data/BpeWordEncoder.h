//===----------------------------------------------------------------------===//
// The merging of one word. Private to BpeTokenizer.cpp.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DATA_BPEWORDENCODER_H
#define FLM_RUNTIME_DATA_BPEWORDENCODER_H

#include "runtime/data/BpeTokenizer.h"

#include <queue>

namespace flmrt {

/// Encodes words that no piece can reach across. The buffers are kept from word
/// to word. Takes n log n time for a word of n characters.
class BpeTokenizer::WordEncoder {
public:
  explicit WordEncoder(const BpeTokenizer &tokenizer) : tokenizer(tokenizer) {}

  /// Appends the tokens of `word`, which is not empty.
  void encode(std::string_view word, std::vector<int32_t> &out);

private:
  /// A run of text that is one token so far; empty once merged to its left.
  struct Symbol {
    std::string_view text;
    int previous, next; // -1 at the ends
    int32_t frozen;     // the user-defined token, or -1
  };
  struct Merge {
    int left, right;
    float score;
    size_t size; // of the union: tells a stale entry
    bool operator<(const Merge &other) const {
      return score < other.score || (score == other.score && left > other.left);
    }
  };

  int32_t userDefinedAt(std::string_view text) const;
  void split(std::string_view word);
  void propose(int left, int right);
  void merge();
  void emit(const Symbol &symbol, std::vector<int32_t> &out) const;

  const BpeTokenizer &tokenizer;
  std::vector<Symbol> symbols;
  std::priority_queue<Merge> agenda;
};

} // namespace flmrt

#endif // FLM_RUNTIME_DATA_BPEWORDENCODER_H
