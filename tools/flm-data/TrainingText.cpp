//===----------------------------------------------------------------------===//
// Cutting texts into stretches.
//===----------------------------------------------------------------------===//
#include "tools/flm-data/TrainingText.h"
#include "runtime/data/Utf8.h"

#include <algorithm>

namespace flmrt {

// The trainer numbers the characters of a word in 16 bits, and Chinese text has
// no spaces to end one.
constexpr size_t stretchBytes = 2048;
constexpr uint32_t spaceMark = 0x2581, unknownMark = 0x2585;

static std::string_view cutStretch(std::string_view rest) {
  if (rest.size() <= stretchBytes)
    return rest;
  const size_t lineEnd = rest.substr(0, stretchBytes).rfind('\n');
  if (lineEnd != std::string_view::npos)
    return rest.substr(0, lineEnd + 1);
  return rest.substr(0, std::max<size_t>(1, utf8Boundary(rest, stretchBytes)));
}

static std::string sanitize(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    uint32_t codePoint = 0;
    const size_t length = utf8Length(text, &codePoint);
    if (length == 0 || codePoint == 0 || codePoint == spaceMark ||
        codePoint == unknownMark)
      out += '\t';
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

TrainingText::TrainingText(std::vector<std::string_view> moved, int64_t limit)
    : texts(std::move(moved)), keep(1) {
  double total = 0;
  for (std::string_view piece : texts)
    total += static_cast<double>(piece.size());
  if (total > static_cast<double>(limit))
    keep = static_cast<double>(limit) / total;
  next();
}

void TrainingText::next() {
  for (;;) {
    while (text < texts.size() && position >= texts[text].size()) {
      ++text;
      position = 0;
    }
    if (text == texts.size()) {
      atEnd = true;
      return;
    }
    const std::string_view found = cutStretch(texts[text].substr(position));
    position += found.size();
    credit += keep;
    if (credit < 1)
      continue;
    credit -= 1;
    stretch = sanitize(found);
    return;
  }
}

} // namespace flmrt
