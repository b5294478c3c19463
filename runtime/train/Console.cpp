//===----------------------------------------------------------------------===//
// Tables and lines with printf; every line is flushed, so that a log file
// shows what happened up to the moment.
//===----------------------------------------------------------------------===//
#include "runtime/train/Console.h"

#include "runtime/device/Arena.h"

#include <cinttypes>
#include <cstdio>

using namespace flmrt;

static constexpr int nameWidth = 21;
static constexpr int valueWidth = 50;

static void printRule() {
  std::string name(nameWidth + 2, '-'), value(valueWidth + 2, '-');
  std::printf("+%s+%s+\n", name.c_str(), value.c_str());
}

static void printRow(const char *name, const std::string &value) {
  std::printf("| %-*s | %-*s |\n", nameWidth, name, valueWidth, value.c_str());
}

static std::string number(int64_t value) {
  // Thousands apart, as 12,345,678.
  std::string digits = std::to_string(value);
  for (size_t i = digits.size(); i > 3; i -= 3)
    digits.insert(i - 3, ",");
  return digits;
}

static std::string orNone(const std::string &text) {
  return text.empty() ? "none" : text;
}

static std::string shortReal(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

void flmrt::printHeader(const ProgramManifest &manifest, const Options &options,
                        int64_t firstStep, int64_t dataTokens,
                        int64_t stagingBytes) {
  const Recipe &recipe = options.recipe;
  const int64_t stepTokens = manifest.globalBatch() * manifest.seq;
  printRule();
  printRow("model", manifest.model + " @" + manifest.config);
  printRow("recipe, plan", manifest.recipeName + ", " + manifest.plan);
  const Mesh &mesh = manifest.distribution.mesh;
  if (mesh.ranks() > 1)
    printRow("ranks", number(mesh.ranks()) + " (" + mesh.describe() + ")");
  printRow("parameters", number(manifest.parameterCount));
  printRow("vocabulary", number(manifest.vocab) + " (padded to " +
                             number(manifest.paddedVocab) + ")");
  printRule();
  printRow("global batch B", number(manifest.globalBatch()) + " sequences (" +
                                 number(manifest.microBatches) +
                                 " micro-batches of " + number(manifest.batch) +
                                 ")");
  printRow("sequence length T", number(manifest.seq) + " tokens");
  printRow("tokens per step", number(stepTokens));
  printRow("steps", number(firstStep) + " to " + number(recipe.steps) + " (" +
                        number(recipe.steps * stepTokens) + " tokens)");
  printRow("learning rate",
           shortReal(recipe.lr) + " to " + shortReal(recipe.min_lr) + ", " +
               recipe.schedule + ", warm-up " + number(recipe.warmup));
  printRow("AdamW", "beta " + shortReal(recipe.beta1) + ", " +
                        shortReal(recipe.beta2) + "; eps " +
                        shortReal(recipe.eps) + "; decay " +
                        shortReal(recipe.weight_decay) + "; clip " +
                        shortReal(recipe.clip));
  printRow("seed", std::to_string(recipe.seed));
  printRule();
  printRow("data", orNone(options.data));
  if (dataTokens)
    printRow("data tokens",
             number(dataTokens) + " (shuffle " + options.shuffle + ")");
  printRow("validation data", orNone(options.val));
  printRow("out", options.out.empty() ? "none: nothing is saved" : options.out);
  printRule();
  printRow(mesh.ranks() > 1 ? "threads per rank" : "threads",
           number(options.threads));
  printRow("state memory", formatBytes(manifest.stateBytes));
  printRow("scratch memory", formatBytes(manifest.scratchBytes));
  printRow("workspace memory",
           formatBytes(manifest.workspaceBytes) + " per thread");
  if (mesh.ranks() > 1)
    printRow("message memory", formatBytes(stagingBytes));
  printRule();
  std::fflush(stdout);
}

void flmrt::printStep(const StepMetrics &metrics, int64_t steps) {
  std::printf("step %5" PRId64 "/%" PRId64
              " | loss %.6f | norm %.4f | lr %.2e | %.2f ms | %.0f tok/s\n",
              metrics.step, steps, double(metrics.loss),
              double(metrics.gradientNorm), metrics.lr, metrics.milliseconds,
              metrics.tokensPerSecond);
  std::fflush(stdout);
}

void flmrt::printLine(const std::string &text) {
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

void flmrt::printWarning(const std::string &text) {
  std::fprintf(stderr, "warning: %s\n", text.c_str());
}
