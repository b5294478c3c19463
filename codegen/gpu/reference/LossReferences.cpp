//===----------------------------------------------------------------------===//
// The pieces of cross-entropy on a chunk of the logits.
//
// Bounds: u is the unit roundoff of f32. exp(a - b), computed as
// exp2((a - b) * log2(e)), is off by a relative 3 * u * |a - b| for its
// argument (three roundings) and less than 5 * u for exp2 (PTX ISA, ex2.approx:
// 2^-22).
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/References.h"

#include <algorithm>
#include <cmath>

using namespace flm::gpuref;

static const double u = roundingOf(ElementType::F32);

namespace {

/// The chunk that a call is about.
struct Chunk {
  explicit Chunk(KernelTensors &tensors)
      : rows(tensors.scalars()[0]), columns(tensors.scalars()[1]),
        first(tensors.scalars()[2]), vocab(tensors.scalars()[3]),
        valid(std::clamp<int64_t>(vocab - first, 0, columns)),
        logits(tensors.tensor("logits").values()) {}

  const double *row(int64_t index) const {
    return logits.data() + index * columns;
  }
  /// Minus infinity if no column is valid.
  double maximum(int64_t index) const {
    double result = -INFINITY;
    for (int64_t i = 0; i < valid; ++i)
      result = std::max(result, row(index)[i]);
    return result;
  }
  /// The column of a target; -1 if it is not in the chunk.
  int64_t columnOf(double target) const {
    int64_t column = static_cast<int64_t>(target) - first;
    return column >= 0 && column < valid ? column : -1;
  }

  int64_t rows, columns, first, vocab, valid;
  std::vector<double> logits;
};

} // namespace

/// A number in [-1, 1].
static double unit(Random &random) {
  return static_cast<double>(random.below(2001) - 1000) / 1000;
}

/// Logits of some size, NaNs in the padding: nobody may use them. Targets in
/// the chunk, beside it, in the padding, and none.
static void prepareChunk(KernelTensors &tensors, Random &random) {
  Chunk chunk(tensors);
  Tensor &logits = tensors.tensor("logits");
  for (int64_t i = 0; i < logits.size(); ++i)
    logits.set(i, i % chunk.columns < chunk.valid ? 20 * logits.get(i) : NAN);
  if (!tensors.has("targets"))
    return;
  for (int64_t row = 0; row < chunk.rows; ++row) {
    int64_t around = random.below(chunk.columns + 4) - 2;
    tensors.tensor("targets").set(
        row, random.below(8) ? static_cast<double>(chunk.first + around) : -1);
  }
}

static void prepareStatistics(KernelTensors &tensors, Random &random) {
  prepareChunk(tensors, random);
  const nlohmann::json &problem = tensors.kernel().problem;
  Chunk chunk(tensors);
  for (int64_t row = 0; row < chunk.rows; ++row) {
    // Of the chunks before, or of the whole row.
    auto isInput = [&](const char *name) {
      return tensors.has(name) &&
             tensors.tensor(name).description().access != Access::Write;
    };
    if (isInput("max"))
      tensors.tensor("max").set(row,
                                problem["max"] || !chunk.valid
                                    ? 20 * unit(random)
                                    : chunk.maximum(row) + 1 + unit(random));
    if (isInput("sum_exp"))
      tensors.tensor("sum_exp").set(row, 3 + 2 * unit(random));
  }
}

static std::vector<Expected> computeStatistics(KernelTensors &tensors) {
  const nlohmann::json &problem = tensors.kernel().problem;
  bool computesMax = problem["max"], running = problem["running"];
  Chunk chunk(tensors);
  Expected max{"max", {}, {}}, sumExp{"sum_exp", {}, {}},
      picked{"picked", {}, {}};
  for (int64_t row = 0; row < chunk.rows; ++row) {
    auto before = [&](const char *name) {
      return tensors.tensor(name).get(row);
    };
    double maximum = computesMax ? chunk.maximum(row) : 0;
    if (tensors.has("max") && (running || !computesMax))
      maximum = std::max(computesMax ? maximum : -INFINITY, before("max"));
    // No arithmetic: exact.
    max.add(maximum, 0);
    if (problem["sum_exp"]) {
      double sum = 0, error = 0;
      auto addTerm = [&](double factor, double logit) {
        double term = factor * std::exp(logit - maximum);
        sum += term;
        // An argument in steps, as the maximum grows, is off as one would be.
        error += 3 * u * std::abs(logit - maximum) * term + flushed;
      };
      for (int64_t i = 0; i < chunk.valid; ++i)
        addTerm(1, chunk.row(row)[i]);
      if (running)
        addTerm(before("sum_exp"), computesMax ? before("max") : maximum);
      // Additions, and a product and an exp2 for each vector (of at least 4
      // elements) of one of at least 32 threads, in which the maximum may grow.
      auto n = static_cast<double>(chunk.valid);
      sumExp.add(sum, error + (n + 6 * (n / 128 + 4)) * u * sum);
    }
    if (problem["pick"]) {
      int64_t column = chunk.columnOf(before("targets"));
      double otherwise = running ? before("picked") : 0;
      picked.add(column < 0 ? otherwise : chunk.row(row)[column], 0);
    }
  }
  std::vector<Expected> result;
  if (computesMax)
    result.push_back(max);
  if (problem["sum_exp"])
    result.push_back(sumExp);
  if (problem["pick"])
    result.push_back(picked);
  return result;
}

/// The maximum and the sum of whole rows, of which the chunk is a part.
static void prepareGradient(KernelTensors &tensors, Random &random) {
  prepareChunk(tensors, random);
  Chunk chunk(tensors);
  for (int64_t row = 0; row < chunk.rows; ++row) {
    double maximum = (chunk.valid ? chunk.maximum(row) : 0) + 1 + unit(random);
    double sum = 2 + unit(random);
    for (int64_t i = 0; i < chunk.valid; ++i)
      sum += std::exp(chunk.row(row)[i] - maximum);
    tensors.tensor("max").set(row, maximum);
    tensors.tensor("sum_exp").set(row, sum);
  }
}

static std::vector<Expected> computeGradient(KernelTensors &tensors) {
  Chunk chunk(tensors);
  bool inPlace = tensors.kernel().problem["in_place"];
  Expected gradient{inPlace ? "logits" : "d_logits", {}, {}};
  double seed = tensors.tensor("seed").get(0);
  double rounding = roundingOf(tensors.tensor("logits").description().type);
  for (int64_t row = 0; row < chunk.rows; ++row) {
    double maximum = tensors.tensor("max").get(row);
    double scale = seed / tensors.tensor("sum_exp").get(row);
    int64_t target = chunk.columnOf(tensors.tensor("targets").get(row));
    for (int64_t i = 0; i < chunk.columns; ++i) {
      if (i >= chunk.valid) {
        gradient.add(0, 0);
        continue;
      }
      double distance = std::abs(chunk.row(row)[i] - maximum);
      double weight = std::exp(-distance) * scale;
      double value = weight - (i == target ? seed : 0);
      double error = (3 * distance + 8) * u * std::abs(weight) +
                     u * std::abs(value) + flushed * (1 + std::abs(scale));
      gradient.add(value, error + rounding * (std::abs(value) + error));
    }
  }
  return {gradient};
}

std::vector<KernelReference> flm::gpuref::lossReferences() {
  return {
      {"cross_entropy_gradient", computeGradient, prepareGradient},
      {"softmax_statistics", computeStatistics, prepareStatistics},
  };
}
