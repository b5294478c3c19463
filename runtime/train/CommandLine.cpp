//===----------------------------------------------------------------------===//
// The flags, their help and their checks, on CLI11.
//===----------------------------------------------------------------------===//
#include "runtime/train/CommandLine.h"

#include "runtime/Decimal.h"
#include "runtime/UserError.h"
#include "runtime/abi/Program.h"
#include "runtime/device/ThreadPool.h"

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

using namespace flmrt;
using flm::abi::RecipeKey;

namespace {

//===-- One kind of flag each ---------------------------------------------===//

std::string shortNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

/// `name` as a flag: "min_lr" is --min-lr.
std::string flagOf(std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  return "--" + key;
}

class Flags {
public:
  Flags(CLI::App &app) : app(app) {}

  void group(const std::string &name) { groupName = name; }

  void text(const char *flag, std::string &value, const char *unit,
            const std::string &doc, const std::string &byDefault) {
    describe(app.add_option(flag, value), unit, doc, byDefault);
  }

  void keyword(const char *flag, std::string &value, const char *unit,
               const std::string &doc, std::vector<std::string> words) {
    auto check = [words](const std::string &found) -> std::string {
      if (std::find(words.begin(), words.end(), found) != words.end())
        return "";
      std::string expected;
      for (const std::string &word : words)
        expected += (expected.empty() ? "" : " or ") + word;
      return "found '" + found + "'; expected " + expected;
    };
    describe(app.add_option(flag, value)->check(check), unit, doc, value);
  }

  /// A whole number of at least `least`.
  void count(const char *flag, int64_t &value, const char *unit,
             const std::string &doc, int64_t least = 0) {
    decimal(flag, value, unit, doc, std::to_string(value),
            "a whole number of at least " + std::to_string(least),
            [least](int64_t number) { return number >= least; });
  }

  /// A finite number of at least 0.
  void number(const char *flag, double &value, const char *unit,
              const std::string &doc) {
    decimal(flag, value, unit, doc, shortNumber(value),
            "a number of at least 0",
            [](double number) { return number >= 0; });
  }

  void flag(const char *flag, bool &value, const std::string &doc) {
    app.add_flag(flag, value, doc)->group(groupName);
  }

  CLI::Option *describe(CLI::Option *option, const char *unit,
                        const std::string &doc, const std::string &byDefault) {
    return option->option_text(unit)
        ->description(doc + " (default " + byDefault + ")")
        ->group(groupName);
  }

private:
  template <typename Number, typename Predicate>
  void decimal(const char *flag, Number &value, const char *unit,
               const std::string &doc, const std::string &byDefault,
               const std::string &expected, Predicate isAllowed) {
    auto check = [=](const std::string &found) -> std::string {
      std::optional<Number> number = parseDecimal<Number>(found);
      return number && isAllowed(*number)
                 ? ""
                 : "found '" + found + "'; expected " + expected;
    };
    auto set = [&value](const std::string &text) {
      value = *parseDecimal<Number>(text);
    };
    describe(app.add_option_function<std::string>(flag, set)->check(check),
             unit, doc, byDefault);
  }

  CLI::App &app;
  std::string groupName;
};

// The recipe's flags are made from Recipe.def: one overload per type.
void addRecipeFlag(Flags &flags, const RecipeKey &key, int64_t &value) {
  flags.count(flagOf(key.name).c_str(), value, key.unit, key.doc, key.least);
}
void addRecipeFlag(Flags &flags, const RecipeKey &key, double &value) {
  flags.number(flagOf(key.name).c_str(), value, key.unit, key.doc);
}
void addRecipeFlag(Flags &flags, const RecipeKey &key, std::string &value) {
  std::vector<std::string> words = flm::abi::split(key.choices, '|');
  flags.keyword(flagOf(key.name).c_str(), value, key.unit,
                key.doc + std::string(": ") + key.expected(), words);
}
// A list of dims is fixed when compiling.
void addRecipeFlag(Flags &, const RecipeKey &, std::vector<std::string> &) {}

//===-- The whole list ----------------------------------------------------===//

void addFlags(CLI::App &app, Options &options) {
  Flags flags(app);
  flags.group("Data");
  flags.text("--data", options.data, "FILE",
             "tokens to train on: a .bin file of flm-data, llm.c or Megatron",
             "none");
  flags.text("--val", options.val, "FILE", "tokens to evaluate on", "none");
  flags.keyword("--shuffle", options.shuffle, "NAME",
                "order of the sequences: none (file order) or windows (a new "
                "order each epoch)",
                {"none", "windows"});
  flags.text("--tokenizer", options.tokenizer, "FILE",
             "tokenizer of --generate: bytes, or a .tokenizer file of flm-data",
             "as <data>.json says, or bytes for a vocabulary of 256");

  flags.group("Run");
  flags.text("--out", options.out, "DIR",
             "directory of metrics.jsonl and checkpoints", "nothing is saved");
  flags.flag("--resume", options.resume,
             "continue from the newest checkpoint in --out");
  flags.text("--init", options.init, "FILE",
             "take the first parameters from a safetensors file",
             "random from --seed");
  flags.count("--threads", options.threads, "THREADS",
              "threads that compute, the main one included", 1);
  flags.number("--comm-timeout", options.commTimeout, "SECONDS",
               "longest time that a collective, or MPI's own start, may take "
               "before all ranks are ended; no effect on one rank");

  flags.group("Recipe");
  flm::abi::forEachKey(options.recipe, [&](const RecipeKey &key, auto &value) {
    if (key.when == RecipeKey::Flag)
      addRecipeFlag(flags, key, value);
  });

  flags.group("Evaluation and logging");
  flags.count("--log-every", options.logEvery, "STEPS",
              "print every this many steps; 0 prints no step lines");
  flags.count("--eval-every", options.evalEvery, "STEPS",
              "evaluate on --val every this many steps, and at the end; 0: "
              "only at the end");
  flags.count("--eval-batches", options.evalBatches, "BATCHES",
              "micro-batches of one evaluation, spread over the file; 0 takes "
              "all of it, every window once");
  flags.count("--probe-every", options.probeEvery, "STEPS",
              "log the mean size of the activations every this many steps; 0: "
              "never");

  flags.group("Checkpoints");
  flags.count("--checkpoint-every", options.checkpointEvery, "STEPS",
              "write a checkpoint every this many steps, and at the end; 0: "
              "only at the end");
  flags.count("--keep", options.keep, "CHECKPOINTS",
              "newest checkpoints that stay; 0 keeps all");

  flags.group("Generation");
  flags.describe(app.add_option_function<std::string>(
                     "--generate",
                     [&](const std::string &text) { options.generate = text; }),
                 "TEXT", "print a continuation of this text after training",
                 "none");
  flags.count("--generate-tokens", options.generateTokens, "TOKENS",
              "length of the continuation");
  flags.number("--temperature", options.temperature, "VALUE",
               "randomness of the continuation; 0 takes the likeliest token");
  flags.group("Information");
  flags.flag("--print-config", options.printConfig,
             "print everything effective as JSON, and stop");
}

//===-- Errors ------------------------------------------------------------===//

size_t editDistance(const std::string &a, const std::string &b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

[[noreturn]] void failUnknown(const CLI::App &app,
                              const std::string &argument) {
  std::string name = argument.substr(0, argument.find('='));
  if (name.empty() || name[0] != '-')
    throw UserError("unexpected argument '" + argument +
                    "'; every option is a --flag, see --help");
  std::string nearest;
  for (const CLI::Option *option : app.get_options()) {
    std::string known = "--" + option->get_lnames().front();
    if (nearest.empty() ||
        editDistance(name, known) < editDistance(name, nearest))
      nearest = known;
  }
  throw UserError("unknown flag '" + name + "'; did you mean '" + nearest +
                  "'? --help lists all flags");
}

void checkCombinations(const Options &options) {
  if (options.resume && options.out.empty())
    throw UserError("--resume needs --out, the directory with the checkpoints");
  if (options.resume && !options.init.empty())
    throw UserError("--resume and --init both say where the parameters come "
                    "from; give one of them");
  if (options.commTimeout <= 0)
    throw UserError("--comm-timeout is " + shortNumber(options.commTimeout) +
                    "; expected more than 0 seconds");
  options.recipe.validate();
}

} // namespace

std::optional<Options>
flmrt::parseCommandLine(int argc, const char *const *argv,
                        const ProgramManifest &manifest) {
  Options options;
  options.recipe = manifest.recipe;
  options.threads = ThreadPool::hardwareThreads();

  std::string program = manifest.model + " @" + manifest.config;
  CLI::App app("Trains " + program + " (" +
               std::to_string(manifest.parameterCount) +
               " parameters), compiled by flmc.");
  app.get_formatter()->column_width(30);
  app.allow_extras();
  addFlags(app, options);
  app.set_version_flag("--version",
                       "flmc " FLM_VERSION ", ABI " +
                           std::to_string(FLM_ABI_VERSION) + ", " + program,
                       "print the version, and stop");
  app.get_option("--version")->group("Information");
  app.set_help_flag("--help,-h", "print this help, and stop")
      ->group("Information");
  try {
    app.parse(argc, argv);
    if (!app.remaining().empty())
      failUnknown(app, app.remaining().front());
  } catch (const CLI::Success &request) { // --help, --version
    app.exit(request);
    return std::nullopt;
  } catch (const CLI::ParseError &error) {
    // An unknown flag explains more than what it led to.
    if (!app.remaining().empty())
      failUnknown(app, app.remaining().front());
    throw UserError(error.what());
  }
  checkCombinations(options);
  return options;
}

//===-- --print-config ----------------------------------------------------===//

nlohmann::ordered_json flmrt::effectiveRecipe(const ProgramManifest &manifest,
                                              const Recipe &recipe) {
  nlohmann::ordered_json values = manifest.recipeValues;
  flm::abi::forEachKey(recipe, [&](const RecipeKey &key, const auto &value) {
    if (key.when == RecipeKey::Flag)
      values[key.name] = value;
  });
  return values;
}

std::string flmrt::describeConfig(const ProgramManifest &manifest,
                                  const Options &options) {
  nlohmann::ordered_json json = {
      {"model", manifest.model},
      {"config", manifest.config},
      {"recipe_name", manifest.recipeName},
      {"plan", manifest.plan},
      {"dims", manifest.dims},
      {"micro_batches", manifest.microBatches},
      {"global_batch", manifest.globalBatch()},
      {"ranks", manifest.distribution.mesh.ranks()},
      {"mesh", manifest.distribution.mesh.describe()},
      {"tokens_per_step", manifest.globalBatch() * manifest.seq},
      {"parameter_count", manifest.parameterCount},
      {"flops_per_token", manifest.flopsPerToken},
      {"state_bytes", manifest.stateBytes},
      {"scratch_bytes", manifest.scratchBytes},
      {"workspace_bytes", manifest.workspaceBytes},
      {"recipe", effectiveRecipe(manifest, options.recipe)},
      {"data", options.data},
      {"val", options.val},
      {"shuffle", options.shuffle},
      {"tokenizer", options.tokenizer},
      {"out", options.out},
      {"resume", options.resume},
      {"init", options.init},
      {"threads", options.threads},
      {"comm_timeout", options.commTimeout},
      {"log_every", options.logEvery},
      {"eval_every", options.evalEvery},
      {"eval_batches", options.evalBatches},
      {"probe_every", options.probeEvery},
      {"checkpoint_every", options.checkpointEvery},
      {"keep", options.keep},
      {"generate", nullptr},
      {"generate_tokens", options.generateTokens},
      {"temperature", options.temperature},
  };
  if (options.generate)
    json["generate"] = *options.generate;
  // Text of the user may be any bytes; a message is no place to fail.
  return json.dump(2, ' ', false,
                   nlohmann::ordered_json::error_handler_t::replace);
}
