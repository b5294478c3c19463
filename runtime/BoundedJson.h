//===----------------------------------------------------------------------===//
// JSON from files that anybody may have written.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_BOUNDEDJSON_H
#define FLM_RUNTIME_BOUNDEDJSON_H

#include "nlohmann/json.hpp"

#include <stdexcept>
#include <string>

namespace flmrt {

/// Text that is no JSON, or deeper than `deepestJson`.
class JsonError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// No file that we read nests its values deeper than half of this. The library
/// copies, compares and prints values recursively: their depth is stack.
constexpr int deepestJson = 16;

/// Parses `text`; `visit(depth, event, value)` sees every value and key, as
/// nlohmann's callback. Throws JsonError.
template <typename Json, typename Visit>
Json parseBoundedJson(const std::string &text, Visit visit) {
  auto check = [&](int depth, typename Json::parse_event_t event, Json &value) {
    if (depth > deepestJson)
      throw JsonError("its values are nested deeper than " +
                      std::to_string(deepestJson) + " levels");
    visit(depth, event, value);
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const typename Json::exception &error) {
    throw JsonError(error.what());
  }
}

template <typename Json> Json parseBoundedJson(const std::string &text) {
  return parseBoundedJson<Json>(
      text, [](int, typename Json::parse_event_t, Json &) {});
}

/// `value` as it may stand in a message.
template <typename Json> std::string quoteJson(const Json &value) {
  constexpr size_t longest = 80;
  std::string text = value.dump();
  return text.size() <= longest ? text : text.substr(0, longest) + " ...";
}

} // namespace flmrt

#endif // FLM_RUNTIME_BOUNDEDJSON_H
