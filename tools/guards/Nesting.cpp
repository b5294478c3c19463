//===----------------------------------------------------------------------===//
// How deep text is nested, asked before it is parsed.
//===----------------------------------------------------------------------===//
#include "tools/guards/Nesting.h"

#include "llvm/ADT/Twine.h"

using namespace llvm;

namespace {

/// Walks over text, aware of strings and comments.
class Scanner {
public:
  explicit Scanner(StringRef text) : text(text) {}

  /// The offset of the first bracket that is nested too deep, or npos.
  size_t tooDeep() {
    while (at < text.size()) {
      if (!skipOpaque() && !countBracket())
        return at;
      ++at;
    }
    return StringRef::npos;
  }

private:
  /// Whether a string or comment was here; `at` is then at its end.
  bool skipOpaque() {
    if (text.substr(at).starts_with("//")) {
      at = std::min(text.find('\n', at), text.size());
      return true;
    }
    if (text[at] != '"')
      return false;
    // A string ends at the line's end, where it is an error.
    for (++at; at < text.size() && text[at] != '"' && text[at] != '\n'; ++at)
      if (text[at] == '\\')
        ++at;
    return true;
  }

  /// Whether the character here is no bracket that is nested too deep. '<' and
  /// '>' are brackets unless they are part of "<=", ">=" or "->".
  bool countBracket() {
    char c = text[at];
    char before = at ? text[at - 1] : ' ';
    char after = at + 1 < text.size() ? text[at + 1] : ' ';
    bool angle = c == '<' || c == '>';
    if (angle && (after == '=' || (c == '>' && before == '-')))
      return true;
    if (StringRef("([{<").contains(c))
      return ++depth <= flm::kDeepestNesting;
    if (StringRef(")]}>").contains(c) && depth)
      --depth;
    return true;
  }

  StringRef text;
  size_t at = 0;
  unsigned depth = 0;
};

} // namespace

std::optional<std::string> flm::nestingError(StringRef text) {
  if (text.starts_with("ML\xefR"))
    return std::nullopt;
  size_t at = Scanner(text).tooDeep();
  if (at == StringRef::npos)
    return std::nullopt;
  StringRef before = text.take_front(at);
  size_t line = before.count('\n') + 1;
  size_t column = at - (before.rfind('\n') + 1) + 1; // npos + 1 is 0
  return (Twine(line) + ":" + Twine(column) + ": error: nested deeper than " +
          Twine(kDeepestNesting) +
          " brackets, which can not be read; close some first")
      .str();
}
