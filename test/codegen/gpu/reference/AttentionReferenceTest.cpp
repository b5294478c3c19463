//===----------------------------------------------------------------------===//
// The references of attention: the backward kernels', fed by each other, give
// the derivative of the forward kernel's.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/References.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace flm::gpuref;

namespace {

/// Sizes that are all different: batch, seq, heads, key heads; head_dim.
const Sizes sizes = {2, 5, 4, 2};
constexpr int64_t headDim = 3;

/// An argument, for which f32 is precise enough to take differences.
nlohmann::json tensor(const char *name, const char *access,
                      nlohmann::json shape) {
  return {{"kind", "pointer"}, {"name", name},   {"access", access},
          {"type", "f32"},     {"shape", shape}, {"row_bytes", 1}};
}

nlohmann::json rows(const char *name, const char *access) {
  return tensor(name, access, {"s0", "s1", "s2", headDim});
}
nlohmann::json keyRows(const char *name, const char *access) {
  return tensor(name, access, {"s0", "s1", "s3", headDim});
}
nlohmann::json terms(const char *name, const char *access) {
  return tensor(name, access,
                {"s0", "s2", {"mul", {"ceildiv", "s1", 128}, 128}});
}

/// One kernel, its tensors and its reference.
struct Call {
  Call(nlohmann::json problem, nlohmann::json arguments) {
    for (size_t i = 0; i < sizes.size(); ++i)
      arguments.push_back({{"kind", "i32"}});
    nlohmann::json text = {{"name", "attention"},
                           {"arch", "sm_80"},
                           {"problem", problem},
                           {"launch",
                            {{"threads", 32},
                             {"cluster", 1},
                             {"shared", 0},
                             {"persistent", false},
                             {"tiles", nlohmann::json::array({1})}}},
                           {"arguments", arguments}};
    std::string error;
    auto parsed = KernelDescription::parse(text.dump(), error);
    EXPECT_TRUE(parsed) << error;
    kernel = *parsed;
    tensors = KernelTensors::create(kernel, sizes, /*seed=*/7, error);
    EXPECT_TRUE(tensors) << error;
  }

  Tensor &operator[](const std::string &name) { return tensors->tensor(name); }
  void set(const std::string &name, const std::vector<double> &values) {
    for (int64_t i = 0; i < (*this)[name].size(); ++i)
      (*this)[name].set(i, values[i]);
  }
  /// What the kernel should write to `name`.
  std::vector<double> result(const std::string &name) {
    for (Expected &expected : findReference(kernel)->compute(*tensors))
      if (expected.tensor == name)
        return expected.values;
    ADD_FAILURE() << "no result " << name;
    return {};
  }

  KernelDescription kernel;
  std::unique_ptr<KernelTensors> tensors;
};

nlohmann::json problem(const char *kind, bool causal, const char *gradient) {
  return {{"kind", kind},
          {"causal", causal},
          {"scale", 0.7},
          {"gradient", gradient}};
}

Call forward(bool causal) {
  return {problem("attention_forward", causal, ""),
          {rows("q", "read"), keyRows("k", "read"), keyRows("v", "read"),
           rows("o", "write"), tensor("lse", "write", {"s0", "s2", "s1"})}};
}

Call rowTerms() {
  return {{{"kind", "attention_row_terms"}},
          {rows("o", "read"), rows("do", "read"),
           tensor("lse", "read", {"s0", "s2", "s1"}), terms("delta", "write"),
           terms("lse2", "write")}};
}

Call backward(bool causal, bool ofQueries) {
  nlohmann::json arguments = {rows("q", "read"),      keyRows("k", "read"),
                              keyRows("v", "read"),   rows("do", "read"),
                              terms("delta", "read"), terms("lse2", "read")};
  if (ofQueries) {
    arguments.push_back(rows("dq", "write"));
  } else {
    arguments.push_back(keyRows("dk", "write"));
    arguments.push_back(keyRows("dv", "write"));
  }
  return {problem("attention_backward", causal,
                  ofQueries ? "queries" : "keys_values"),
          arguments};
}

/// sum(do * o).
double loss(Call &call, const std::vector<double> &gradient) {
  std::vector<double> o = call.result("o");
  double sum = 0;
  for (size_t i = 0; i < o.size(); ++i)
    sum += gradient[i] * o[i];
  return sum;
}

class AttentionReferenceTest : public testing::TestWithParam<bool> {};

TEST_P(AttentionReferenceTest, BackwardIsTheDerivativeOfForward) {
  bool causal = GetParam();
  Call queries = backward(causal, /*ofQueries=*/true);
  Call keys = backward(causal, /*ofQueries=*/false);
  Call call = forward(causal), between = rowTerms();
  std::vector<double> gradient = queries["do"].values();
  for (const char *name : {"q", "k", "v"})
    call.set(name, queries[name].values());
  between.set("o", call.result("o"));
  between.set("lse", call.result("lse"));
  between.set("do", gradient);

  // Row terms that are made to belong to random inputs are those that the
  // kernels before would write, the padding included.
  for (const char *name : {"delta", "lse2"}) {
    std::vector<double> written = between.result(name),
                        prepared = queries[name].values();
    ASSERT_EQ(written.size(), prepared.size());
    for (size_t i = 0; i < written.size(); ++i)
      if (written[i] != prepared[i])
        EXPECT_NEAR(written[i], prepared[i], 1e-5) << name << " " << i;
    queries.set(name, written);
    keys.set(name, written);
  }
  for (const char *name : {"q", "k", "v", "do"})
    keys.set(name, queries[name].values());

  constexpr double step = 0x1p-10;
  auto check = [&](const char *name, const std::vector<double> &derivative) {
    for (int64_t i = 0; i < call[name].size(); ++i) {
      double value = call[name].get(i);
      call[name].set(i, value + step);
      double above = loss(call, gradient), to = call[name].get(i);
      call[name].set(i, value - step);
      double difference =
          (above - loss(call, gradient)) / (to - call[name].get(i));
      call[name].set(i, value);
      EXPECT_NEAR(derivative[i], difference, 1e-5) << "d" << name << " " << i;
    }
  };
  check("q", queries.result("dq"));
  check("k", keys.result("dk"));
  check("v", keys.result("dv"));
}

INSTANTIATE_TEST_SUITE_P(Masks, AttentionReferenceTest, testing::Bool(),
                         [](const testing::TestParamInfo<bool> &info) {
                           return info.param ? "Causal" : "Full";
                         });

} // namespace
