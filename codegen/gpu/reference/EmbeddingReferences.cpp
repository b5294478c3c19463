//===----------------------------------------------------------------------===//
// Embeddings.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/References.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace flm::gpuref;

/// Tokens of the vocabulary, many of them more than once, and some that are not
/// in it: -1 and `vocab`.
static void prepareTokens(KernelTensors &tensors, int64_t vocab,
                          Random &random) {
  Tensor &tokens = tensors.tensor("tokens");
  for (int64_t i = 0; i < tokens.size(); ++i)
    tokens.set(i, static_cast<double>(random.below(vocab + 2) - 1));
}

static std::vector<Expected> computeEmbedding(KernelTensors &tensors) {
  const Tensor &table = tensors.tensor("table"), &y = tensors.tensor("y");
  int64_t vocab = table.shape()[0], columns = table.shape()[1];
  bool narrows = table.description().type == ElementType::F32 &&
                 y.description().type == ElementType::BF16;
  Expected expected{"y", {}, {}};
  for (double token : tensors.tensor("tokens").values())
    for (int64_t i = 0; i < columns; ++i) {
      bool known = token >= 0 && token < static_cast<double>(vocab);
      double value =
          known ? table.get(static_cast<int64_t>(token) * columns + i) : 0;
      // Copied, unless it has to be rounded.
      double rounding = roundingOf(ElementType::BF16) * std::abs(value);
      expected.add(value, narrows ? rounding + flushed : 0);
    }
  return {expected};
}

/// As unsigned numbers: -1 is the last one.
static uint32_t bitsOf(double token) {
  return static_cast<uint32_t>(static_cast<int32_t>(token));
}

namespace {
struct TokenOrder {
  explicit TokenOrder(const std::vector<double> &tokens)
      : order(tokens.size()), ends(tokens.size(), 0) {
    auto key = [&](int64_t place) { return bitsOf(tokens[order[place]]); };
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return std::pair(bitsOf(tokens[a]), a) < std::pair(bitsOf(tokens[b]), b);
    });
    auto places = static_cast<int64_t>(tokens.size());
    for (int64_t place = 0, end = 0; place < places; place = end) {
      while (end < places && key(end) == key(place))
        ++end;
      ends[place] = end;
    }
  }
  std::vector<int64_t> order, ends;
};
} // namespace

static std::vector<Expected> computeTokenOrder(KernelTensors &tensors) {
  TokenOrder sorted(tensors.tensor("tokens").values());
  Expected order{"order", {}, {}}, ends{"ends", {}, {}};
  for (int64_t position : sorted.order)
    order.add(static_cast<double>(position), 0);
  for (int64_t end : sorted.ends)
    ends.add(static_cast<double>(end), 0);
  return {order, ends};
}

static void prepareGradient(KernelTensors &tensors, Random &random) {
  prepareTokens(tensors, tensors.tensor("d_table").shape()[0], random);
  TokenOrder sorted(tensors.tensor("tokens").values());
  for (size_t i = 0; i < sorted.order.size(); ++i) {
    auto place = static_cast<int64_t>(i);
    tensors.tensor("order").set(place, static_cast<double>(sorted.order[i]));
    tensors.tensor("ends").set(place, static_cast<double>(sorted.ends[i]));
  }
}

static std::vector<Expected> computeGradient(KernelTensors &tensors) {
  std::vector<double> tokens = tensors.tensor("tokens").values(),
                      dy = tensors.tensor("d_y").values(),
                      table = tensors.tensor("d_table").values();
  int64_t vocab = tensors.tensor("d_table").shape()[0],
          columns = tensors.tensor("d_table").shape()[1];
  bool accumulate = tensors.kernel().problem["accumulate"];
  Expected expected{"d_table", {}, {}};
  for (int64_t v = 0; v < vocab; ++v) {
    std::vector<int64_t> positions;
    for (size_t t = 0; t < tokens.size(); ++t)
      if (tokens[t] == static_cast<double>(v))
        positions.push_back(static_cast<int64_t>(t));
    for (int64_t i = 0; i < columns; ++i) {
      double before = table[v * columns + i];
      // A row that does not occur is left alone.
      double sum = accumulate || positions.empty() ? before : 0;
      double magnitude = std::abs(sum);
      for (int64_t t : positions) {
        sum += dy[t * columns + i];
        magnitude += std::abs(dy[t * columns + i]);
      }
      expected.add(sum, static_cast<double>(positions.size()) *
                            roundingOf(ElementType::F32) * magnitude);
    }
  }
  return {expected};
}

std::vector<KernelReference> flm::gpuref::embeddingReferences() {
  auto prepareVocab = [](KernelTensors &tensors, Random &random) {
    prepareTokens(tensors, tensors.tensor("table").shape()[0], random);
  };
  auto prepareFew = [](KernelTensors &tensors, Random &random) {
    prepareTokens(tensors, tensors.tensor("tokens").size() / 3 + 1, random);
  };
  return {
      {"embedding", computeEmbedding, prepareVocab},
      {"embedding_gradient", computeGradient, prepareGradient},
      {"token_order", computeTokenOrder, prepareFew},
  };
}
