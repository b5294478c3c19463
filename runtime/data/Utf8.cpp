//===----------------------------------------------------------------------===//
// UTF-8 decoding, strict as in RFC 3629.
//===----------------------------------------------------------------------===//
#include "runtime/data/Utf8.h"

namespace flmrt {

size_t utf8Length(std::string_view text, uint32_t *codePoint) {
  if (text.empty())
    return 0;
  const auto first = static_cast<unsigned char>(text[0]);
  size_t length;
  uint32_t value, smallest;
  if (first < 0x80) {
    length = 1, value = first, smallest = 0;
  } else if ((first & 0xe0) == 0xc0) {
    length = 2, value = first & 0x1f, smallest = 0x80;
  } else if ((first & 0xf0) == 0xe0) {
    length = 3, value = first & 0x0f, smallest = 0x800;
  } else if ((first & 0xf8) == 0xf0) {
    length = 4, value = first & 0x07, smallest = 0x10000;
  } else {
    return 0;
  }
  if (text.size() < length)
    return 0;
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) != 0x80)
      return 0;
    value = value << 6 | (byte & 0x3f);
  }
  if (value < smallest || value > 0x10ffff ||
      (value >= 0xd800 && value <= 0xdfff))
    return 0;
  if (codePoint)
    *codePoint = value;
  return length;
}

size_t utf8OrByteLength(std::string_view text, uint32_t &codePoint) {
  codePoint = UINT32_MAX;
  const size_t length = utf8Length(text, &codePoint);
  return length == 0 ? 1 : length;
}

bool isUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8Length(text.substr(i));
    if (length == 0)
      return false;
    i += length;
  }
  return true;
}

size_t utf8Boundary(std::string_view text, size_t position) {
  if (position >= text.size())
    return text.size();
  for (size_t back = 1; back < 4 && back <= position; ++back) {
    // A well-formed character that begins before and ends after?
    if (utf8Length(text.substr(position - back)) > back)
      return position - back;
  }
  return position;
}

} // namespace flmrt
