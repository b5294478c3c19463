//===----------------------------------------------------------------------===//
// Numbers as people write them: decimal, whatever zeros stand in front. The C
// library's base 0, with which CLI11 converts, reads 0100 as 64.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DECIMAL_H
#define FLM_RUNTIME_DECIMAL_H

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <type_traits>

namespace flmrt {

/// The number that all of `text` is, in decimal; nothing if it is none, does
/// not fit `Number`, or is not finite.
template <typename Number>
std::optional<Number> parseDecimal(std::string_view text) {
  Number number{};
  const char *end = text.data() + text.size();
  auto [next, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || next != end || text.empty())
    return std::nullopt;
  if constexpr (std::is_floating_point_v<Number>)
    if (!std::isfinite(number))
      return std::nullopt;
  return number;
}

} // namespace flmrt

#endif // FLM_RUNTIME_DECIMAL_H
