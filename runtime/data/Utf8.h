//===----------------------------------------------------------------------===//
// The little of UTF-8 that tokenizers need.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DATA_UTF8_H
#define FLM_RUNTIME_DATA_UTF8_H

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace flmrt {

/// Bytes of the well-formed character that `text` begins with (1 to 4), or 0 if
/// it begins with none: overlong forms, surrogates, values above U+10FFFF and
/// cut characters are malformed. Sets `codePoint` where given.
size_t utf8Length(std::string_view text, uint32_t *codePoint = nullptr);

/// Cuts any bytes into characters: like utf8Length, but a malformed byte counts
/// as a character of its own, with a code point that no character has. `text`
/// must not be empty.
size_t utf8OrByteLength(std::string_view text, uint32_t &codePoint);

/// True if all of `text` is well-formed.
bool isUtf8(std::string_view text);

/// The largest position <= `position` that does not lie within a character.
size_t utf8Boundary(std::string_view text, size_t position);

} // namespace flmrt

#endif // FLM_RUNTIME_DATA_UTF8_H
