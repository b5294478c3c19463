//===----------------------------------------------------------------------===//
// flm-data: text to token files and back.
//===----------------------------------------------------------------------===//
#include "runtime/Decimal.h"
#include "runtime/StandardDescriptors.h"
#include "runtime/UserError.h"
#include "tools/flm-data/Commands.h"
#include "tools/flm-data/OutputFile.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

using namespace flmrt;

/// A decimal number: CLI11 itself would read 0100 as 64.
template <typename Number, typename Value>
static CLI::Option *addNumber(CLI::App &command, const char *flag, Value &value,
                              const char *doc) {
  auto check = [](const std::string &found) -> std::string {
    return parseDecimal<Number>(found)
               ? ""
               : "found '" + found + "'; expected a " +
                     (std::is_integral_v<Number> ? "whole " : "") + "number";
  };
  return command
      .add_option_function<std::string>(
          flag,
          [&value](const std::string &text) {
            value = *parseDecimal<Number>(text);
          },
          doc)
      ->check(check);
}

static void addTextOptions(CLI::App &command, TextOptions &text) {
  command.add_option("FILES", text.paths, "text files, and folders with --ext")
      ->required();
  command.add_option("--ext", text.extensions,
                     "the files of a folder to take, by extension: md,cpp,h");
}

static void addTrainingOptions(CLI::App &command,
                               BpeTrainingOptions &training) {
  addNumber<double>(command, "--coverage", training.coverage,
                    "share of characters that get a piece of their own, "
                    "others are written as bytes")
      ->default_str("0.9995");
  addNumber<int64_t>(command, "--train-bytes", training.maxBytes,
                     "most text that training looks at, evenly sampled")
      ->default_str(std::to_string(training.maxBytes));
}

static void addEncode(CLI::App &app, EncodeOptions &options) {
  CLI::App *command = app.add_subcommand(
      "encode", "Encode text into a .bin of tokens in llm.c's format");
  addTextOptions(*command, options.text);
  command->add_option("--tokenizer", options.tokenizer,
                      "bytes (the default), a .tokenizer file, or a "
                      "SentencePiece .model (BPE)");
  addNumber<int64_t>(*command, "--train-vocab", options.training.vocab,
                     "train a BPE tokenizer of this many pieces on the "
                     "training part first");
  command->add_option("--tokenizer-out", options.tokenizerOut,
                      "where the trained tokenizer goes");
  command->add_option("--out", options.out, "the training tokens")->required();
  command->add_option("--val", options.validationOut,
                      "the validation tokens: the tail of each file");
  addNumber<double>(*command, "--val-fraction", options.validationFraction,
                    "share of each file for validation (0.05)");
  addNumber<int64_t>(*command, "--val-bytes", options.validationBytes,
                     "bytes of text for validation, shared among the files");
  command
      ->add_option("--dtype", options.dtype,
                   "auto takes uint16 up to 65,536 tokens")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "uint16", "uint32"}));
  addTrainingOptions(*command, options.training);
  command->callback([&options] { encodeCommand(options); });
}

static void addTrainTokenizer(CLI::App &app, TrainTokenizerOptions &options) {
  CLI::App *command =
      app.add_subcommand("train-tokenizer", "Train a BPE tokenizer");
  addTextOptions(*command, options.text);
  addNumber<int64_t>(*command, "--vocab", options.training.vocab,
                     "number of pieces")
      ->required();
  command
      ->add_option("--out", options.out,
                   "the tokenizer; *.model for SentencePiece's own format")
      ->required();
  addTrainingOptions(*command, options.training);
  command->callback([&options] { trainTokenizerCommand(options); });
}

static void addInspection(CLI::App &app, std::string &infoPath,
                          DecodeOptions &decode) {
  CLI::App *info = app.add_subcommand("info", "Describe a token file");
  info->add_option("FILE", infoPath, "a .bin, or a Megatron .idx")->required();
  info->callback([&infoPath] { infoCommand(infoPath); });

  CLI::App *command =
      app.add_subcommand("decode", "Print the text of a token file");
  command->add_option("FILE", decode.path, "a .bin, or a Megatron .idx")
      ->required();
  command->add_option("--tokenizer", decode.tokenizer,
                      "bytes or a file; by default what FILE.json names");
  addNumber<int64_t>(*command, "--begin", decode.begin, "the first token")
      ->default_str("0");
  addNumber<int64_t>(*command, "--count", decode.count,
                     "how many; all by default");
  command->callback([&decode] { decodeCommand(decode); });
}

int main(int argc, char **argv) {
  occupyStandardDescriptors();
  // A write past the file size limit or into a closed pipe then fails like any
  // other, with a message.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  removeTemporariesOnSignal();
  CLI::App app("Text to token files and back.", "flm-data");
  app.require_subcommand(1);
  app.footer("Example: flm-data encode --train-vocab 8000 --tokenizer-out "
             "my.tokenizer --out train.bin --val val.bin *.txt");
  EncodeOptions encode;
  TrainTokenizerOptions train;
  std::string infoPath;
  DecodeOptions decode;
  addEncode(app, encode);
  addTrainTokenizer(app, train);
  addInspection(app, infoPath, decode);
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0)
      return app.exit(error); // --help
    std::fprintf(stderr, "error: %s; see flm-data --help\n", error.what());
  } catch (const UserError &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
  } catch (const std::exception &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
  }
  return 1;
}
