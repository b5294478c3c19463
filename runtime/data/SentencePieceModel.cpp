//===----------------------------------------------------------------------===//
// Reader of SentencePiece's `.model` files: a protocol buffer (ModelProto of
// sentencepiece_model.proto) of which a handful of fields matter. Reading them
// here keeps both libraries out of the training binary.
//===----------------------------------------------------------------------===//
#include "runtime/UserError.h"
#include "runtime/data/TokenizerFile.h"

#include <cstring>

namespace flmrt {

namespace {
/// One field of a message in the protocol buffer wire format.
struct Field {
  uint32_t number;
  uint64_t integer = 0;   ///< varint, or the bits of a fixed32 or fixed64
  std::string_view bytes; ///< length-delimited
  int wireType;
};

/// Walks the fields of one message.
class MessageReader {
public:
  MessageReader(std::string_view message, std::string_view whole,
                const std::string &name)
      : rest(message), whole(whole), name(name) {}

  bool next(Field &field) {
    if (rest.empty())
      return false;
    const uint64_t key = varint();
    field = {static_cast<uint32_t>(key >> 3), 0, {}, static_cast<int>(key & 7)};
    if (field.number == 0)
      fail("a field with number 0");
    switch (field.wireType) {
    case 0:
      field.integer = varint();
      return true;
    case 1:
      field.integer = fixed(8);
      return true;
    case 2: {
      const uint64_t length = varint();
      if (length > rest.size())
        fail("a field of " + std::to_string(length) + " bytes where " +
             std::to_string(rest.size()) + " are left");
      field.bytes = rest.substr(0, length);
      rest.remove_prefix(length);
      return true;
    }
    case 5:
      field.integer = fixed(4);
      return true;
    default:
      fail("a field of wire type " + std::to_string(field.wireType));
    }
  }

private:
  [[noreturn]] void fail(const std::string &found) {
    const size_t offset = rest.data() - whole.data();
    throw UserError("'" + name + "' is no SentencePiece model: " + found +
                    " at byte offset " + std::to_string(offset) +
                    " (truncated or damaged?)");
  }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest.empty())
        fail("a cut number");
      const auto byte = static_cast<unsigned char>(rest[0]);
      rest.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80)
        return value;
    }
    fail("a number of more than 64 bits");
  }

  uint64_t fixed(size_t size) {
    if (rest.size() < size)
      fail("a cut number");
    uint64_t value = 0;
    std::memcpy(&value, rest.data(), size); // little-endian, as the host
    rest.remove_prefix(size);
    return value;
  }

  std::string_view rest, whole;
  const std::string &name;
};

} // namespace

static float floatOfBits(uint64_t bits) {
  const auto word = static_cast<uint32_t>(bits);
  float value;
  std::memcpy(&value, &word, sizeof(value));
  return value;
}

/// SentencePiece writes a space as U+2581.
static std::string unescapeSpaces(std::string_view text) {
  constexpr std::string_view mark = "\xe2\x96\x81";
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text.substr(i, mark.size()) == mark) {
      out += ' ';
      i += mark.size();
    } else {
      out += text[i++];
    }
  }
  return out;
}

namespace {
/// What must hold of the model for our encoder to equal SentencePiece's, with
/// the proto's defaults.
struct ModelTraits {
  uint64_t modelType = 1; // unigram
  bool whitespaceAsSuffix = false;
  bool escapeWhitespaces = true;
  bool hasCharacterMap = false;
  bool hasTrainer = false, hasNormalizer = false;
  std::string endPiece = "</s>";

  void check(const std::string &name) const {
    auto refuse = [&](const std::string &found, const std::string &expected) {
      throw UserError("'" + name + "' is a SentencePiece model " + found +
                      "; a training binary reproduces only models " + expected +
                      ". Train one with flm-data train-tokenizer");
    };
    // Every field of the proto is optional, so a file cut between two of them
    // still parses; SentencePiece writes both specs after the pieces.
    if (!hasTrainer || !hasNormalizer)
      throw UserError("'" + name + "' has no " +
                      (hasTrainer ? "normalizer_spec" : "trainer_spec") +
                      ": truncated, or no SentencePiece model");
    if (modelType != 2)
      refuse(modelType == 1   ? "of type unigram"
             : modelType == 3 ? "of type word"
                              : "of type char",
             "of type bpe");
    if (hasCharacterMap)
      refuse("that normalises characters (such as nfkc), which loses text",
             "with identity normalisation");
    if (whitespaceAsSuffix)
      refuse("with whitespace as suffix", "with whitespace as prefix");
    if (!escapeWhitespaces)
      refuse("without escaped whitespace", "with escaped whitespace");
  }
};

} // namespace

static Piece readPiece(std::string_view message, std::string_view whole,
                       size_t id, const std::string &name) {
  Piece piece;
  std::string_view escaped;
  uint64_t type = 1;
  MessageReader reader(message, whole, name);
  for (Field field; reader.next(field);) {
    if (field.number == 1 && field.wireType == 2)
      escaped = field.bytes;
    else if (field.number == 2 && field.wireType == 5)
      piece.score = floatOfBits(field.integer);
    else if (field.number == 3 && field.wireType == 0)
      type = field.integer;
  }
  constexpr PieceKind kinds[] = {PieceKind::Normal,  PieceKind::Unknown,
                                 PieceKind::Control, PieceKind::UserDefined,
                                 PieceKind::Unused,  PieceKind::Byte};
  piece.text = unescapeSpaces(escaped);
  if (type < 1 || type > 6)
    throw UserError("'" + name + "': piece " + std::to_string(id) +
                    " is of unknown type " + std::to_string(type));
  piece.kind = kinds[type - 1];
  if (piece.kind == PieceKind::Unused)
    throw UserError("'" + name + "': piece " + std::to_string(id) +
                    " is marked unused (a restricted vocabulary), which is not "
                    "supported; use the model before it was restricted");
  // SentencePiece looks for its pieces after it has escaped the spaces, so one
  // that was defined with a space as such is never found.
  if (escaped.find(' ') != std::string_view::npos)
    piece.kind = PieceKind::Unused;
  return piece;
}

bool looksLikeSentencePiece(std::string_view contents) {
  // Field 1 of ModelProto, length-delimited: the first piece. JSON begins with
  // '{' or white space; 0x0a is also '\n', so look at what follows.
  return contents.size() > 2 && contents[0] == '\x0a' && contents[2] == '\x0a';
}

TokenizerSpec parseSentencePieceModel(std::string_view contents,
                                      const std::string &name) {
  TokenizerSpec spec;
  spec.addDummyPrefix = spec.removeExtraWhitespaces = true;
  ModelTraits traits;
  MessageReader model(contents, contents, name);
  for (Field field; model.next(field);) {
    if (field.wireType != 2)
      continue;
    MessageReader inner(field.bytes, contents, name);
    Field part;
    if (field.number == 1) {
      spec.pieces.push_back(
          readPiece(field.bytes, contents, spec.pieces.size(), name));
    } else if (field.number == 2) { // trainer_spec
      traits.hasTrainer = true;
      while (inner.next(part)) {
        if (part.number == 3 && part.wireType == 0)
          traits.modelType = part.integer;
        else if (part.number == 24 && part.wireType == 0)
          traits.whitespaceAsSuffix = part.integer != 0;
        else if (part.number == 47 && part.wireType == 2)
          traits.endPiece = part.bytes;
      }
    } else if (field.number == 3) { // normalizer_spec
      traits.hasNormalizer = true;
      while (inner.next(part)) {
        if (part.number == 2 && part.wireType == 2)
          traits.hasCharacterMap = !part.bytes.empty();
        else if (part.number == 3 && part.wireType == 0)
          spec.addDummyPrefix = part.integer != 0;
        else if (part.number == 4 && part.wireType == 0)
          spec.removeExtraWhitespaces = part.integer != 0;
        else if (part.number == 5 && part.wireType == 0)
          traits.escapeWhitespaces = part.integer != 0;
      }
    }
  }
  traits.check(name);
  // Whether a run of spaces survives then depends on such pieces as well.
  for (size_t id = 0; id < spec.pieces.size(); ++id)
    if (spec.removeExtraWhitespaces &&
        spec.pieces[id].kind == PieceKind::Unused)
      throw UserError("'" + name + "': piece " + std::to_string(id) +
                      " holds a space as such, which is not supported in a "
                      "model that removes extra whitespace");
  for (size_t id = 0; id < spec.pieces.size(); ++id)
    if (spec.pieces[id].kind == PieceKind::Control &&
        spec.pieces[id].text == traits.endPiece)
      spec.endOfDocument = static_cast<int32_t>(id);
  spec.check(name);
  return spec;
}

} // namespace flmrt
