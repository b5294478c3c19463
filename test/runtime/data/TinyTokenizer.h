//===----------------------------------------------------------------------===//
// A tokenizer made by hand for tests.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_RUNTIME_DATA_TINYTOKENIZER_H
#define FLM_TEST_RUNTIME_DATA_TINYTOKENIZER_H

#include "runtime/data/TokenizerFile.h"

#include <cstdio>

/// <unk>, </s>, the bytes (id 2 + byte), then `pieces` from id 258 on, each
/// ranked below the one before.
inline flmrt::TokenizerSpec
tinySpec(const std::vector<std::string> &pieces,
         const std::vector<std::string> &userDefined = {}) {
  using flmrt::PieceKind;
  flmrt::TokenizerSpec spec;
  spec.pieces.push_back({"<unk>", 0, PieceKind::Unknown});
  spec.pieces.push_back({"</s>", 0, PieceKind::Control});
  for (int byte = 0; byte < 256; ++byte) {
    char text[8];
    std::snprintf(text, sizeof(text), "<0x%02X>", byte);
    spec.pieces.push_back({text, 0, PieceKind::Byte});
  }
  for (const std::string &piece : pieces)
    spec.pieces.push_back(
        {piece, -static_cast<float>(spec.pieces.size()), PieceKind::Normal});
  for (const std::string &piece : userDefined)
    spec.pieces.push_back({piece, 0, PieceKind::UserDefined});
  spec.endOfDocument = 1;
  return spec;
}

#endif // FLM_TEST_RUNTIME_DATA_TINYTOKENIZER_H
