//===----------------------------------------------------------------------===//
// Reading and writing `.tokenizer` files.
//===----------------------------------------------------------------------===//
#include "runtime/data/TokenizerFile.h"
#include "runtime/BoundedJson.h"
#include "runtime/UserError.h"
#include "runtime/data/MappedFile.h"
#include "runtime/data/Utf8.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>

namespace flmrt {

using Json = nlohmann::json;

constexpr const char *formatMark = "flm-tokenizer";
constexpr int formatVersion = 1;
constexpr PieceKind allKinds[] = {PieceKind::Normal,  PieceKind::Unknown,
                                  PieceKind::Control, PieceKind::UserDefined,
                                  PieceKind::Byte,    PieceKind::Unused};

static std::optional<PieceKind> kindOfName(std::string_view name) {
  for (PieceKind kind : allKinds)
    if (name == pieceKindName(kind))
      return kind;
  return std::nullopt;
}

/// The member `key` of `object`, checked to be of type T.
template <typename T>
static T member(const Json &object, const char *key, const std::string &name) {
  const auto found = object.find(key);
  bool fits = found != object.end();
  if constexpr (std::is_same_v<T, bool>)
    fits = fits && found->is_boolean();
  else if constexpr (std::is_same_v<T, int32_t>)
    fits = fits && found->is_number_integer() && *found >= Json(INT32_MIN) &&
           *found <= Json(INT32_MAX);
  else
    fits = fits && found->is_string();
  if (!fits)
    throw UserError("'" + name + "': \"" + key + "\" is " +
                    (found == object.end() ? "missing" : "of the wrong type") +
                    "; write the file again with flm-data train-tokenizer");
  return found->template get<T>();
}

static Piece parsePiece(const Json &entry, size_t id, const std::string &name) {
  const std::string where = "'" + name + "': piece " + std::to_string(id) + " ";
  if (!entry.is_array() || entry.size() < 2 || entry.size() > 3 ||
      !entry[0].is_string() || !entry[1].is_number() ||
      (entry.size() == 3 && !entry[2].is_string()))
    throw UserError(where + "must be [text, score] or [text, score, kind]");
  Piece piece;
  piece.text = entry[0].get<std::string>();
  piece.score = entry[1].get<float>();
  if (entry.size() == 3) {
    const std::string kindName = entry[2].get<std::string>();
    const std::optional<PieceKind> kind = kindOfName(kindName);
    if (!kind)
      throw UserError(where + "is of unknown kind \"" + kindName +
                      "\"; expected normal, unknown, control, user_defined, "
                      "byte or unused");
    piece.kind = *kind;
  }
  return piece;
}

const char *pieceKindName(PieceKind kind) {
  switch (kind) {
  case PieceKind::Normal:
    return "normal";
  case PieceKind::Unknown:
    return "unknown";
  case PieceKind::Control:
    return "control";
  case PieceKind::UserDefined:
    return "user_defined";
  case PieceKind::Byte:
    return "byte";
  case PieceKind::Unused:
    return "unused";
  }
  return "?";
}

int byteOfPiece(std::string_view text) {
  if (text.size() != 6 || text.substr(0, 3) != "<0x" || text[5] != '>')
    return -1;
  int value = 0;
  for (char digit : text.substr(3, 2)) {
    if (digit >= '0' && digit <= '9')
      value = value * 16 + (digit - '0');
    else if (digit >= 'A' && digit <= 'F')
      value = value * 16 + (digit - 'A' + 10);
    else
      return -1;
  }
  return value;
}

void TokenizerSpec::check(const std::string &name) const {
  if (pieces.size() >= size_t(INT32_MAX))
    throw UserError("'" + name + "' has more pieces than int32 can number");
  std::array<bool, 256> seenByte{};
  std::unordered_set<std::string_view> seenText;
  for (size_t id = 0; id < pieces.size(); ++id) {
    const Piece &piece = pieces[id];
    auto refuse = [&](const std::string &why) {
      throw UserError("'" + name + "': piece " + std::to_string(id) + " (" +
                      pieceKindName(piece.kind) + ") " + why);
    };
    if (piece.text.empty())
      refuse("has no text");
    if (!isUtf8(piece.text))
      refuse("is not well-formed UTF-8");
    if (!std::isfinite(piece.score))
      refuse("has a score that is not finite");
    if (piece.kind != PieceKind::Unused && !seenText.insert(piece.text).second)
      refuse("repeats the text \"" + piece.text + "\" of an earlier piece");
    if (piece.kind != PieceKind::Byte)
      continue;
    const int byte = byteOfPiece(piece.text);
    if (byte < 0)
      refuse("is \"" + piece.text + "\", expected \"<0x00>\" to \"<0xFF>\"");
    seenByte[byte] = true;
  }
  for (size_t byte = 0; byte < seenByte.size(); ++byte)
    if (!seenByte[byte])
      throw UserError("'" + name + "' has no piece for byte " +
                      std::to_string(byte) +
                      ": without byte fallback some text has no tokens. Train "
                      "the tokenizer with byte_fallback (flm-data "
                      "train-tokenizer does)");
  if (endOfDocument < -1 ||
      endOfDocument >= static_cast<int64_t>(pieces.size()) ||
      (endOfDocument >= 0 && pieces[endOfDocument].kind != PieceKind::Control))
    throw UserError("'" + name + "': \"end_of_document\" is " +
                    std::to_string(endOfDocument) +
                    ", expected the id of a control piece, or -1");
}

std::string TokenizerSpec::serialize() const {
  // One piece a line, so that two tokenizers can be compared with diff.
  std::string out = "{\"format\": \"" + std::string(formatMark) +
                    "\", \"version\": " + std::to_string(formatVersion) +
                    ", \"type\": \"bpe\",\n \"add_dummy_prefix\": " +
                    (addDummyPrefix ? "true" : "false") +
                    ", \"remove_extra_whitespaces\": " +
                    (removeExtraWhitespaces ? "true" : "false") +
                    ", \"end_of_document\": " + std::to_string(endOfDocument) +
                    ",\n \"pieces\": [\n";
  for (size_t id = 0; id < pieces.size(); ++id) {
    Json entry = Json::array({pieces[id].text, pieces[id].score});
    if (pieces[id].kind != PieceKind::Normal)
      entry.push_back(pieceKindName(pieces[id].kind));
    out += entry.dump();
    out += id + 1 < pieces.size() ? ",\n" : "\n";
  }
  return out + "]}\n";
}

TokenizerSpec parseTokenizerFile(std::string_view contents,
                                 const std::string &name) {
  Json root;
  try {
    root = parseBoundedJson<Json>(std::string(contents));
  } catch (const JsonError &error) {
    throw UserError("'" + name +
                    "' is not a tokenizer file (JSON): " + error.what());
  }
  if (!root.is_object() || !root.contains("format") ||
      root["format"] != formatMark)
    throw UserError("'" + name +
                    "' is JSON but no tokenizer: expected "
                    "{\"format\": \"" +
                    formatMark + "\", …}");
  const int32_t version = member<int32_t>(root, "version", name);
  const std::string type = member<std::string>(root, "type", name);
  if (version != formatVersion || type != "bpe")
    throw UserError("'" + name + "': tokenizer of version " +
                    std::to_string(version) + " and type \"" + type +
                    "\", expected version 1 and type \"bpe\"");
  TokenizerSpec spec;
  spec.addDummyPrefix = member<bool>(root, "add_dummy_prefix", name);
  spec.removeExtraWhitespaces =
      member<bool>(root, "remove_extra_whitespaces", name);
  spec.endOfDocument = member<int32_t>(root, "end_of_document", name);
  const auto pieces = root.find("pieces");
  if (pieces == root.end() || !pieces->is_array())
    throw UserError("'" + name + "': \"pieces\" must be a list");
  spec.pieces.reserve(pieces->size());
  for (const Json &entry : *pieces)
    spec.pieces.push_back(parsePiece(entry, spec.pieces.size(), name));
  spec.check(name);
  return spec;
}

TokenizerSpec readTokenizerSpec(const std::string &path) {
  const auto file = MappedFile::open(path);
  if (file->size() == 0)
    throw UserError("'" + path + "' is empty, expected a tokenizer file");
  if (looksLikeSentencePiece(file->text()))
    return parseSentencePieceModel(file->text(), path);
  return parseTokenizerFile(file->text(), path);
}

} // namespace flmrt
