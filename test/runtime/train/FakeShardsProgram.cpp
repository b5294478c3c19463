//===----------------------------------------------------------------------===//
// The steps of the program in FakeShards.h.
//===----------------------------------------------------------------------===//
#include "runtime/abi/Program.h"
#include "test/runtime/train/FakeShards.h"

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace fake;

namespace {

/// This rank's layout and place.
struct Rank : Layout {
  int64_t dpIndex = 0, ppIndex = 0, tpIndex = 0;

  explicit Rank(const float *state) : Layout(fromEnvironment()) {
    int32_t table[3];
    std::memcpy(table, state + coordinates(), sizeof table);
    dpIndex = table[0];
    ppIndex = table[1];
    tpIndex = table[2];
  }
  bool isFirst() const { return ppIndex == 0; }
  bool isLast() const { return ppIndex == pp - 1; }
  int64_t index() const { return (dpIndex * pp + ppIndex) * tp + tpIndex; }
};

void communicate(const Rank &rank, int64_t id, const float *in, float *out,
                 int64_t count) {
  if (rank.ranks() > 1)
    flm_communicate(id, in, out);
  else
    std::copy_n(in, count, out);
}

/// A part of the flattened `values` of this rank, padded.
std::vector<float> flatPart(const Rank &rank, const float *values, int64_t size,
                            int64_t block) {
  std::vector<float> part(static_cast<size_t>(block));
  for (int64_t i = 0; i < block; ++i)
    if (rank.dpIndex * block + i < size)
      part[static_cast<size_t>(i)] = values[rank.dpIndex * block + i];
  return part;
}

void adamw(float *p, float *m, float *v, const float *g, int64_t count,
           const float *hyper) {
  for (int64_t i = 0; i < count; ++i) {
    m[i] = hyper[1] * m[i] + (1 - hyper[1]) * g[i];
    v[i] = hyper[2] * v[i] + (1 - hyper[2]) * g[i] * g[i];
    float update = m[i] / hyper[6] / (std::sqrt(v[i] / hyper[7]) + hyper[3]);
    p[i] -= hyper[0] * (update + hyper[4] * p[i]);
  }
}

/// A parameter whose moments are flat over dp: reduce, update a part, gather.
void updateFlat(const Rank &rank, float *p, float *m, float *v,
                const std::vector<float> &gradient, int64_t block,
                int64_t update, const float *hyper,
                const std::vector<float> &reduced) {
  auto size = static_cast<int64_t>(gradient.size());
  std::vector<float> part = flatPart(rank, p, size, block);
  adamw(part.data(), m, v, reduced.data(), block, hyper);
  communicate(rank, update, part.data(), p, size);
}

int calls = 0;

bool isTime(const char *name, const Rank &rank, int *rest = nullptr) {
  const char *text = std::getenv(name), *only = std::getenv("FAKE_RANK");
  int when = 0, more = 0;
  if (!text || (only && std::atoi(only) != rank.index()) ||
      std::sscanf(text, "%d:%d", &when, &more) < 1 || when != calls)
    return false;
  if (rest)
    *rest = more;
  return true;
}

/// Accidents that do not wait for a step.
[[maybe_unused]] const bool hasBegun = [] {
  const char *only = std::getenv("FAKE_RANK");
  const char *rank = std::getenv("OMPI_COMM_WORLD_RANK");
  if (only && (!rank || std::strcmp(only, rank) != 0))
    return false;
  if (const char *text = std::getenv("FAKE_EARLY"))
    std::raise(std::atoi(text));
  if (const char *text = std::getenv("FAKE_LATE"))
    std::this_thread::sleep_for(std::chrono::seconds(std::atoi(text)));
  int milliseconds, signal;
  const char *text = std::getenv("FAKE_AFTER");
  if (text && std::sscanf(text, "%d:%d", &milliseconds, &signal) == 2)
    std::thread([=] {
      std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
      kill(getpid(), signal);
    }).detach();
  return true;
}();

float meanToken(const Rank &rank, const int32_t *tokens, int64_t count) {
  float sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += float(tokens[i]);
  float all = 0;
  communicate(rank, lossSum, &sum, &all, 1);
  return all / float(count * rank.dp);
}

} // namespace

void flm_train_step(void *memory, void *, const int32_t *tokens,
                    const int32_t *targets, const float *hyper,
                    float *metrics) {
  ++calls;
  auto *state = static_cast<float *>(memory);
  const Rank rank(state);
  const int64_t count = rank.microBatches() * microBatch * seq;
  int signal;
  if (isTime("FAKE_SIGNAL", rank, &signal))
    std::raise(signal);
  int largestFile;
  if (isTime("FAKE_FULL", rank, &largestFile)) {
    rlimit limit = {static_cast<rlim_t>(largestFile),
                    static_cast<rlim_t>(largestFile)};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  while (isTime("FAKE_HANG", rank))
    std::this_thread::sleep_for(std::chrono::seconds(1));

  // The gradients of this rank's tokens.
  const int64_t columns = width / rank.tp;
  std::vector<float> tableSum(static_cast<size_t>(rank.tableSize()));
  std::vector<float> biasSum(static_cast<size_t>(rank.biasSize()));
  std::vector<float> headSum(small), normSum(small);
  for (int64_t t = 0; t < count; ++t)
    for (int64_t h = 0; h < columns; ++h)
      tableSum[static_cast<size_t>(tokens[t] * columns + h)] +=
          float((rank.tpIndex * columns + h) % 5 - 2);
  std::vector<float> table(static_cast<size_t>(rank.tableBlock()));
  if (rank.ranks() > 1)
    flm_communicate_start(tableGradient, tableSum.data(), table.data());
  else
    table =
        flatPart(rank, tableSum.data(), rank.tableSize(), rank.tableBlock());
  for (int64_t t = 0; t < count; ++t) {
    for (int64_t c = 0; c < rank.chunks(); ++c)
      for (int64_t j = 0; j < bias; ++j)
        biasSum[static_cast<size_t>(c * bias + j)] +=
            float(c * rank.pp + rank.ppIndex + 1) * float(tokens[t] % (j + 2));
    for (int64_t j = 0; j < small; ++j) {
      headSum[static_cast<size_t>(j)] += float(targets[t] * j);
      normSum[static_cast<size_t>(j)] += float(tokens[t] % 3 * j - 1);
    }
  }
  std::vector<float> biases(static_cast<size_t>(rank.biasBlock()));
  if (rank.ranks() > 1)
    flm_communicate(biasGradient, biasSum.data(), biases.data());
  else
    biases = flatPart(rank, biasSum.data(), rank.biasSize(), rank.biasBlock());
  std::vector<float> head(small), norm(small);
  if (rank.isFirst())
    communicate(rank, headGradient, headSum.data(), head.data(), small);
  if (rank.isLast())
    communicate(rank, normGradient, normSum.data(), norm.data(), small);
  if (rank.ranks() > 1)
    flm_communicate_wait(tableGradient);

  float largest = 0;
  for (const auto *gradient : {&table, &biases, &head, &norm})
    for (float g : *gradient)
      largest = std::max(largest, std::fabs(g));
  for (int64_t id : {largestDp, largestPp, largestTp})
    communicate(rank, id, &largest, &largest, 1);
  metrics[1] = largest;

  // Each micro-batch goes through the stages; the last one knows the loss.
  float last[2] = {0, 0};
  for (int64_t i = 0; i < rank.microBatches(); ++i) {
    float partial[2] = {float(i), 1};
    if (!rank.isFirst())
      flm_communicate(receiveLoss, nullptr, partial);
    partial[1] += 1;
    if (!rank.isLast())
      flm_communicate(sendLoss, partial, nullptr);
    last[0] += partial[0];
    last[1] += partial[1];
  }
  // 1 + stages for each micro-batch, of which a run of one rank has others.
  float loss = meanToken(rank, tokens, count) * 0.1f;
  if (rank.isLast() && last[1] != float(rank.microBatches() * (rank.pp + 1)))
    loss = std::nanf("");
  std::vector<float> firstRow(width);
  communicate(rank, row, state + rank.table(), firstRow.data(), width);
  for (float value : firstRow)
    loss += value;
  communicate(rank, keepLast, &loss, &loss, 1);
  communicate(rank, shareLoss, &loss, &loss, 1);
  if (isTime("FAKE_EXTRA", rank))
    communicate(rank, largestDp, &largest, &largest, 1);
  metrics[0] = isTime("FAKE_NAN", rank) ? std::nanf("") : loss;

  const int64_t v = rank.momentsSize();
  updateFlat(rank, state + rank.table(), state + rank.tableM(),
             state + rank.tableM() + v, tableSum, rank.tableBlock(),
             tableUpdate, hyper, table);
  updateFlat(rank, state + rank.biases(), state + rank.biasM(),
             state + rank.biasM() + v, biasSum, rank.biasBlock(), biasUpdate,
             hyper, biases);
  if (rank.isFirst())
    adamw(state + rank.head(), state + rank.headM(), state + rank.headM() + v,
          head.data(), small, hyper);
  if (rank.isLast())
    adamw(state + rank.norm(), state + rank.normM(), state + rank.normM() + v,
          norm.data(), small, hyper);
}

void flm_eval_step(void *memory, void *, const int32_t *tokens, const int32_t *,
                   float *metrics) {
  const Rank rank(static_cast<const float *>(memory));
  metrics[0] = meanToken(rank, tokens, microBatch * seq);
}

void flm_predict(void *, void *, const int32_t *tokens, float *logits) {
  for (int64_t i = 0; i < seq; ++i)
    for (int64_t t = 0; t < vocab; ++t)
      logits[i * vocab + t] = float((tokens[i] * 7 + t) % 11);
}
