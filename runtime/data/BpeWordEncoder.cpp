//===----------------------------------------------------------------------===//
// SentencePiece's merging: a queue of pairs, the best first, stale ones
// skipped.
//===----------------------------------------------------------------------===//
#include "runtime/data/BpeWordEncoder.h"
#include "runtime/data/Utf8.h"

namespace flmrt {

void BpeTokenizer::WordEncoder::encode(std::string_view word,
                                       std::vector<int32_t> &out) {
  if (const auto whole = tokenizer.ids.find(word);
      whole != tokenizer.ids.end() && utf8Length(word) == word.size()) {
    out.push_back(whole->second);
    return;
  }
  split(word);
  for (size_t i = 1; i < symbols.size(); ++i)
    propose(static_cast<int>(i) - 1, static_cast<int>(i));
  merge();
  for (int i = 0; i >= 0; i = symbols[i].next)
    emit(symbols[i], out);
}

int32_t BpeTokenizer::WordEncoder::userDefinedAt(std::string_view text) const {
  for (int32_t id :
       tokenizer.userDefined[static_cast<unsigned char>(text[0])]) {
    const std::string &piece = tokenizer.spec.pieces[id].text;
    if (text.substr(0, piece.size()) == piece)
      return id;
  }
  return -1;
}

void BpeTokenizer::WordEncoder::split(std::string_view word) {
  symbols.clear();
  while (!word.empty()) {
    const int index = static_cast<int>(symbols.size());
    const int32_t frozen = userDefinedAt(word);
    uint32_t codePoint;
    const size_t length = frozen >= 0
                              ? tokenizer.spec.pieces[frozen].text.size()
                              : utf8OrByteLength(word, codePoint);
    symbols.push_back({word.substr(0, length), index - 1, index + 1, frozen});
    word.remove_prefix(length);
  }
  symbols.back().next = -1;
}

/// Queues the merge of two neighbours if their union is a piece.
void BpeTokenizer::WordEncoder::propose(int left, int right) {
  if (left < 0 || right < 0 || symbols[left].frozen >= 0 ||
      symbols[right].frozen >= 0)
    return;
  const std::string_view joined(symbols[left].text.data(),
                                symbols[left].text.size() +
                                    symbols[right].text.size());
  const auto found = tokenizer.ids.find(joined);
  if (found != tokenizer.ids.end())
    agenda.push({left, right, tokenizer.spec.pieces[found->second].score,
                 joined.size()});
}

void BpeTokenizer::WordEncoder::merge() {
  while (!agenda.empty()) {
    const Merge best = agenda.top();
    agenda.pop();
    Symbol &left = symbols[best.left], &right = symbols[best.right];
    if (left.text.empty() || right.text.empty() ||
        left.text.size() + right.text.size() != best.size)
      continue; // one of the two has been merged since
    left.text = {left.text.data(), best.size};
    right.text = {};
    left.next = right.next;
    if (left.next >= 0)
      symbols[left.next].previous = best.left;
    propose(left.previous, best.left);
    propose(best.left, left.next);
  }
}

void BpeTokenizer::WordEncoder::emit(const Symbol &symbol,
                                     std::vector<int32_t> &out) const {
  if (symbol.frozen >= 0) {
    out.push_back(symbol.frozen);
    return;
  }
  if (const auto found = tokenizer.ids.find(symbol.text);
      found != tokenizer.ids.end()) {
    out.push_back(found->second);
    return;
  }
  for (char byte : symbol.text)
    out.push_back(tokenizer.byteIds[static_cast<unsigned char>(byte)]);
}

} // namespace flmrt
