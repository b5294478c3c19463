//===----------------------------------------------------------------------===//
// The commands of flm-data, apart from their command lines. Each throws
// UserError and then has left no output behind.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLMDATA_COMMANDS_H
#define FLM_TOOLS_FLMDATA_COMMANDS_H

#include "tools/flm-data/BpeTraining.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flmrt {

/// Which texts.
struct TextOptions {
  std::vector<std::string> paths; ///< files and folders
  std::string extensions;         ///< "md,cpp": of the files in folders
};

struct EncodeOptions {
  TextOptions text;
  std::string tokenizer;       ///< "bytes", a file, or empty: bytes
  BpeTrainingOptions training; ///< vocab > 0: train a tokenizer first
  std::string tokenizerOut;    ///< where it goes
  std::string out;             ///< the training tokens
  std::string validationOut;   ///< empty: none
  std::optional<double> validationFraction;
  std::optional<int64_t> validationBytes;
  std::string dtype = "auto"; ///< auto, uint16, uint32
};
void encodeCommand(const EncodeOptions &options);

struct TrainTokenizerOptions {
  TextOptions text;
  BpeTrainingOptions training;
  std::string out; ///< *.model: SentencePiece's file, else ours
};
void trainTokenizerCommand(const TrainTokenizerOptions &options);

void infoCommand(const std::string &path);

struct DecodeOptions {
  std::string path;
  std::string tokenizer; ///< empty: the one named beside the file
  int64_t begin = 0;
  int64_t count = -1; ///< -1: to the end
};
void decodeCommand(const DecodeOptions &options);

} // namespace flmrt

#endif // FLM_TOOLS_FLMDATA_COMMANDS_H
