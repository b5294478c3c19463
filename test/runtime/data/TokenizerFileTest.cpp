//===----------------------------------------------------------------------===//
// `.tokenizer` and SentencePiece files, good and bad.
//===----------------------------------------------------------------------===//
#include "runtime/data/Tokenizer.h"
#include "test/runtime/data/TemporaryFolder.h"
#include "test/runtime/data/TinyTokenizer.h"

#include <limits>
#include <nlohmann/json.hpp>

using namespace flmrt;
using Json = nlohmann::json;

namespace {
class TokenizerFile : public testing::Test {
protected:
  void refuses(const std::string &contents,
               const std::vector<std::string> &parts) {
    const std::string path = folder.write("t.tokenizer", contents);
    expectUserError([&] { Tokenizer::open(path); }, parts);
  }
  void refusesJson(const Json &json, const std::vector<std::string> &parts) {
    refuses(json.dump(), parts);
  }
  Json good() { return Json::parse(tinySpec({"a", "é"}).serialize()); }
  TemporaryFolder folder;
};

TEST_F(TokenizerFile, SurvivesTheRoundTrip) {
  TokenizerSpec spec = tinySpec({" a", "\"\\\n", "中"}, {"<tool>"});
  spec.pieces[258].score = -0.1f;
  spec.addDummyPrefix = true;
  const TokenizerSpec back =
      readTokenizerSpec(folder.write("t.tokenizer", spec.serialize()));
  ASSERT_EQ(back.pieces.size(), spec.pieces.size());
  for (size_t i = 0; i < spec.pieces.size(); ++i) {
    EXPECT_EQ(back.pieces[i].text, spec.pieces[i].text);
    EXPECT_EQ(back.pieces[i].score, spec.pieces[i].score);
    EXPECT_EQ(back.pieces[i].kind, spec.pieces[i].kind);
  }
  EXPECT_TRUE(back.addDummyPrefix);
  EXPECT_FALSE(back.removeExtraWhitespaces);
  EXPECT_EQ(back.endOfDocument, 1);
  EXPECT_EQ(back.serialize(), spec.serialize());
}

TEST_F(TokenizerFile, RefusesWhatIsNotOne) {
  refuses("", {"is empty"});
  refuses("hello", {"not a tokenizer file"});
  refuses(std::string(100'000, '[') + std::string(100'000, ']'),
          {"not a tokenizer file", "nested deeper"});
  refuses("{\"a\": 1}", {"JSON but no tokenizer"});
  refuses("[]", {"JSON but no tokenizer"});
  expectUserError([&] { Tokenizer::open(folder.path("none")); },
                  {"cannot open", "none"});
}

TEST_F(TokenizerFile, RefusesCutFilesAtEveryByte) {
  const std::string whole = tinySpec({"a"}).serialize();
  const size_t end = whole.find_last_of('}');
  for (size_t size = 0; size <= end; size += 3)
    expectUserError([&] { parseTokenizerFile(whole.substr(0, size), "t.tok"); },
                    {"t.tok"});
}

TEST_F(TokenizerFile, RefusesBadMembers) {
  for (const char *key :
       {"version", "type", "add_dummy_prefix", "remove_extra_whitespaces",
        "end_of_document", "pieces"}) {
    Json json = good();
    json.erase(key);
    refusesJson(json, {key});
    json[key] = Json::object();
    refusesJson(json, {key});
  }
  Json json = good();
  json["version"] = 2;
  refusesJson(json, {"version 2"});
  json["version"] = 1e300;
  refusesJson(json, {"version"});
  json["version"] = 4294967297;
  refusesJson(json, {"version"});
  json = good();
  json["type"] = "unigram";
  refusesJson(json, {"type \"unigram\""});
  for (int64_t end : {-2, 0, 258, 260, 1 << 30}) {
    json = good();
    json["end_of_document"] = end;
    refusesJson(json, {"end_of_document"});
  }
}

TEST_F(TokenizerFile, RefusesBadPieces) {
  auto withPiece = [&](Json piece) {
    Json json = good();
    json["pieces"][258] = std::move(piece);
    return json;
  };
  refusesJson(withPiece(3), {"piece 258 must be"});
  refusesJson(withPiece({"a"}), {"piece 258 must be"});
  refusesJson(withPiece({"a", "b"}), {"piece 258 must be"});
  refusesJson(withPiece({"a", 1, "odd"}), {"piece 258", "\"odd\""});
  refusesJson(withPiece({"", 1}), {"piece 258", "has no text"});
  refusesJson(withPiece({"é", 1}), {"piece 259", "repeats the text"});
  refusesJson(withPiece({"a", 1e300}), {"piece 258", "not finite"});
  refusesJson(withPiece({"<0xAG>", 1, "byte"}), {"piece 258", "<0xAG>"});
  Json json = good();
  json["pieces"].erase(2 + 0x41);
  json["pieces"][0] = {"x", 1};
  refusesJson(json, {"no piece for byte 65"});
  std::string text = good().dump();
  text.replace(text.find("\"a\""), 3, "\"\xff\"");
  refuses(text, {"t.tokenizer"});
}

//===-- SentencePiece models, written in the wire format ------------------===//

std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 128; value >>= 7)
    out += char((value & 127) | 128);
  return out + char(value);
}
std::string number(uint32_t field, uint64_t value) {
  return varint(field << 3) + varint(value);
}
std::string bytes(uint32_t field, const std::string &value) {
  return varint(field << 3 | 2) + varint(value.size()) + value;
}
std::string piece(const std::string &text, float score, int type) {
  return bytes(1, bytes(1, text) + varint(2 << 3 | 5) + raw(score) +
                      number(3, type));
}
std::string model(const std::string &trainer, const std::string &normalizer,
                  const std::string &more = "") {
  std::string out = piece("<unk>", 0, 2) + piece("</s>", 0, 3);
  for (const Piece &each : tinySpec({}).pieces)
    if (each.kind == PieceKind::Byte)
      out += piece(each.text, 0, 6);
  out += piece("▁a", -1, 1) + more;
  return out + bytes(2, trainer) + bytes(3, normalizer);
}
const std::string Bpe = number(3, 2);
const std::string Exact = number(3, 0) + number(4, 0);

TEST_F(TokenizerFile, ReadsSentencePieceModels) {
  const TokenizerSpec spec =
      parseSentencePieceModel(model(Bpe, Exact), "m.model");
  EXPECT_EQ(spec.pieces.size(), 259u);
  EXPECT_EQ(spec.pieces[258].text, " a");
  EXPECT_EQ(spec.pieces[258].score, -1);
  EXPECT_EQ(spec.endOfDocument, 1);
  EXPECT_FALSE(spec.addDummyPrefix);
  EXPECT_FALSE(spec.removeExtraWhitespaces);
  // The proto's defaults.
  const TokenizerSpec defaults =
      parseSentencePieceModel(model(Bpe, ""), "m.model");
  EXPECT_TRUE(defaults.addDummyPrefix);
  EXPECT_TRUE(defaults.removeExtraWhitespaces);
  // Told apart from JSON by content.
  EXPECT_EQ(Tokenizer::open(folder.write("x", model(Bpe, Exact)))->vocabSize(),
            259);
}

TEST_F(TokenizerFile, RefusesModelsItCannotReproduce) {
  refuses(model("", Exact), {"of type unigram"});
  refuses(model(number(3, 3), Exact), {"of type word"});
  refuses(model(number(3, 4), Exact), {"of type char"});
  refuses(model(Bpe, Exact + bytes(2, "map")), {"normalises characters"});
  refuses(model(Bpe, Exact + number(5, 0)), {"without escaped whitespace"});
  refuses(model(Bpe + number(24, 1), Exact), {"whitespace as suffix"});
  refuses(model(Bpe, Exact, piece("b", 0, 5)), {"marked unused"});
  refuses(model(Bpe, "", piece("b b", 0, 4)), {"holds a space as such"});
  refuses(model(Bpe, Exact, piece("b", 0, 9)), {"unknown type 9"});
  refuses(model(Bpe, Exact, piece("\xff", 0, 1)), {"not well-formed UTF-8"});
  refuses(
      model(Bpe, Exact, piece("b", std::numeric_limits<float>::quiet_NaN(), 1)),
      {"not finite"});
}

TEST_F(TokenizerFile, RefusesDamagedModels) {
  const std::string whole = model(Bpe, Exact);
  for (size_t size = 0; size < whole.size(); ++size)
    expectUserError(
        [&] { parseSentencePieceModel(whole.substr(0, size), "m.model"); },
        {"m.model"});
  refuses(whole.substr(0, 100), {"t.tokenizer", "byte offset"});
  refuses(whole + varint(1 << 3 | 3), {"wire type 3"});
  refuses(whole + varint(0), {"number 0"});
  refuses(whole + varint(9 << 3) + std::string(11, '\x80'), {"64 bits"});
  refuses(whole + varint(1 << 3 | 2) + varint(uint64_t(-1)), {"are left"});
}
} // namespace
