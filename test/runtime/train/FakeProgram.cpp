//===----------------------------------------------------------------------===//
// A hand-written program behind the runtime's ABI: what flmc would emit for a
// bigram model, so that the runtime can be tested without the compiler.
//
//   logits[t] = table[token[t]] + bias[0] + bias[1] + bias[2]
//
// with a stacked bias (3 "layers"), a constant gain that is not used by the
// model (its gradient is 0), and logits padded with a trap: a large number that
// only a runtime that ignores the true vocabulary would ever choose.
//
// The environment turns a step into an accident: FAKE_SIGNAL="3:2" raises
// signal 2 within the third step that this process runs ("3:2:2" raises it
// twice), FAKE_NAN="3" makes the loss of that step NaN.
//===----------------------------------------------------------------------===//
#include "runtime/abi/Program.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {
constexpr int64_t vocab = 256, padded = 260, batch = 3, seq = 10, micro = 2;
constexpr int64_t layers = 3, tableSize = vocab * vocab;
constexpr int64_t biasSize = layers * vocab, gainSize = 7;
constexpr int64_t parameters = tableSize + biasSize + gainSize;
constexpr int64_t ropeSize = seq * 4;
constexpr float trap = 1e6f;

/// The parameters as they lie in the state; moments follow, then the table.
struct State {
  float *table, *bias, *gain, *m, *v, *rope;
  explicit State(void *state)
      : table(static_cast<float *>(state)), bias(table + tableSize),
        gain(bias + biasSize), m(table + parameters), v(m + parameters),
        rope(v + parameters) {}
};

void logitsOf(const State &state, int32_t token, float *logits) {
  for (int64_t i = 0; i < vocab; ++i) {
    logits[i] = state.table[token * vocab + i];
    for (int64_t layer = 0; layer < layers; ++layer)
      logits[i] += state.bias[layer * vocab + i];
  }
}

/// Turns logits into probabilities; returns the loss of `target`.
float softmax(float *logits, int32_t target) {
  float largest = *std::max_element(logits, logits + vocab);
  float sum = 0;
  for (int64_t i = 0; i < vocab; ++i)
    sum += std::exp(logits[i] - largest);
  float loss = std::log(sum) + largest - logits[target];
  for (int64_t i = 0; i < vocab; ++i)
    logits[i] = std::exp(logits[i] - largest) / sum;
  return loss;
}

/// Probabilities [count, vocab] into `out`, losses [count] into `losses`, one
/// task per position.
void forward(const State &state, const int32_t *tokens, const int32_t *targets,
             int64_t count, float *out, float *losses) {
  const void *args[] = {&state, tokens, targets, out, losses};
  flm_parallel_for(
      [](void *const *args, int64_t i, void *workspace) {
        const auto &state = *static_cast<const State *>(args[0]);
        auto *logits = static_cast<float *>(workspace);
        logitsOf(state, static_cast<const int32_t *>(args[1])[i], logits);
        static_cast<float *>(args[4])[i] =
            softmax(logits, static_cast<const int32_t *>(args[2])[i]);
        std::copy_n(logits, vocab, static_cast<float *>(args[3]) + i * vocab);
      },
      const_cast<void *const *>(args), count);
}

float mean(const float *values, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += values[i];
  return static_cast<float>(sum / double(count));
}

/// Number of train steps that this process has run.
int calls = 0;

void accidents(float &loss) {
  ++calls;
  int when = 0, signal = 0, times = 1;
  const char *text = std::getenv("FAKE_SIGNAL");
  if (text)
    std::sscanf(text, "%d:%d:%d", &when, &signal, &times);
  for (int i = 0; when == calls && i < times; ++i)
    std::raise(signal);
  text = std::getenv("FAKE_NAN");
  if (text && std::atoi(text) == calls)
    loss = std::nanf("");
}
} // namespace

// Offsets in bytes: 4 * (table 65536, bias 768, gain 7) = 265244 per copy.
extern "C" const char flm_manifest[] = R"({
  "abi": 3, "model": "bigram", "config": "fake", "recipe": "quick",
  "plan": "single",
  "dims": {"batch": 3, "seq": 10, "vocab": 256, "padded_vocab": 260,
           "layers": 3},
  "micro_batches": 2,
  "recipe_values": {"optimizer": "adamw", "lr": 0.05, "min_lr": 0.005,
                    "warmup": 3, "steps": 12, "beta2": 0.99, "clip": 0.5},
  "parameters": [
    {"name": "model.table.weight", "dims": ["vocab", "vocab"],
     "shape": [256, 256], "stacked": false, "dtype": "f32",
     "offset": 0, "m": 265244, "v": 530488,
     "init": {"kind": "normal", "std": 0.05}, "class": "matrix",
     "lr_mult": 1.0, "wd_mult": 1.0, "eps_mult": 1.0},
    {"name": "model.layers.*.bias", "dims": ["layers", "vocab"],
     "shape": [3, 256], "stacked": true, "dtype": "f32",
     "offset": 262144, "m": 527388, "v": 792632,
     "init": {"kind": "normal", "std": 0.02}, "class": "vector",
     "lr_mult": 1.0, "wd_mult": 0.0, "eps_mult": 1.0},
    {"name": "model.norm.weight", "dims": ["seven"], "shape": [7],
     "stacked": false, "dtype": "f32",
     "offset": 265216, "m": 530460, "v": 795704,
     "init": {"kind": "constant", "value": 1.0}, "class": "vector",
     "lr_mult": 1.0, "wd_mult": 0.0, "eps_mult": 1.0}
  ],
  "tables": [{"kind": "rope", "theta": 10000.0, "seq": 10, "head_dim": 4,
              "offset": 795732}],
  "probes": [{"name": "embed", "count": 1}, {"name": "h", "count": 2}],
  "state_bytes": 795892, "scratch_bytes": 327680, "workspace_bytes": 1024,
  "parameter_count": 66311, "flops_per_token": 1000.0
})";
static_assert(parameters * 4 == 265244 &&
              (3 * parameters + ropeSize) * 4 == 795892);
static_assert((parameters + batch * seq * (vocab + 1)) * 4 <= 327680);

void flm_train_step(void *memory, void *scratch, const int32_t *tokens,
                    const int32_t *targets, const float *hyper,
                    float *metrics) {
  const float lr = hyper[0], beta1 = hyper[1], beta2 = hyper[2];
  const float eps = hyper[3], decay = hyper[4], clip = hyper[5];
  const float bias1 = hyper[6], bias2 = hyper[7];
  State state(memory);
  auto *gradient = static_cast<float *>(scratch);
  float *probabilities = gradient + parameters;
  float *losses = probabilities + batch * seq * vocab;
  constexpr int64_t count = batch * seq;

  std::fill_n(gradient, parameters, 0.0f);
  metrics[0] = 0;
  for (int64_t k = 0; k < micro; ++k, tokens += count, targets += count) {
    forward(state, tokens, targets, count, probabilities, losses);
    metrics[0] += mean(losses, count) / float(micro);
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j < vocab; ++j) {
        float d = (probabilities[i * vocab + j] - float(j == targets[i])) /
                  float(count * micro);
        gradient[tokens[i] * vocab + j] += d;
        for (int64_t layer = 0; layer < layers; ++layer)
          gradient[tableSize + layer * vocab + j] += d;
      }
  }
  double square = 0;
  for (int64_t i = 0; i < parameters; ++i)
    square += double(gradient[i]) * gradient[i];
  const float norm = metrics[1] = static_cast<float>(std::sqrt(square));
  const float scale = clip > 0 && norm > clip ? clip / norm : 1.0f;
  for (int64_t i = 0; i < parameters; ++i) {
    float g = gradient[i] * scale;
    state.m[i] = beta1 * state.m[i] + (1 - beta1) * g;
    state.v[i] = beta2 * state.v[i] + (1 - beta2) * g * g;
    float update = state.m[i] / bias1 / (std::sqrt(state.v[i] / bias2) + eps);
    float wd = i < tableSize ? decay : 0.0f;
    state.table[i] -= lr * (update + wd * state.table[i]);
  }
  accidents(metrics[0]);
}

void flm_eval_step(void *memory, void *scratch, const int32_t *tokens,
                   const int32_t *targets, float *metrics) {
  auto *probabilities = static_cast<float *>(scratch);
  float *losses = probabilities + batch * seq * vocab;
  forward(State(memory), tokens, targets, batch * seq, probabilities, losses);
  metrics[0] = mean(losses, batch * seq);
}

void flm_predict(void *memory, void *, const int32_t *tokens, float *logits) {
  State state(memory);
  for (int64_t i = 0; i < seq; ++i) {
    logitsOf(state, tokens[i], logits + i * padded);
    std::fill_n(logits + i * padded + vocab, padded - vocab, trap);
  }
}

void flm_probe(void *memory, void *, const int32_t *tokens, float *metrics) {
  State state(memory);
  metrics[0] = std::fabs(state.table[tokens[0] * vocab]);
  metrics[1] = state.rope[0];     // cos(0)
  metrics[2] = state.rope[4 + 2]; // sin(1)
}
