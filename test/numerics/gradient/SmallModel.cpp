//===----------------------------------------------------------------------===//
// Models of a few ops, whose gradients are checked against finite differences.
//===----------------------------------------------------------------------===//
#include "test/numerics/gradient/SmallModel.h"

#include "test/numerics/gradient/FiniteDifferences.h"
#include "test/numerics/gradient/TrainPrograms.h"

#include <gtest/gtest.h>

using namespace flm;
using namespace flm::numerics;
using flm::reference::State;

std::string numerics::modelOf(llvm::StringRef body) {
  return (R"(
flm.model @m
    dims [batch, seq, vocab, padded_vocab = round_up(vocab, 4), hidden, heads, head_dim = hidden / heads, ffn, layers, inner]
    (%tokens: [batch, seq] i32, %targets: [batch, seq] i32) {
  %table = param "table" : [padded_vocab, hidden]
  %head = param "head" : [padded_vocab, hidden]
  %x = embedding %tokens, %table : [batch, seq] i32, [padded_vocab, hidden]
)" + body +
          R"(
  %logits = linear %y, %head : [batch, seq, hidden] -> [batch, seq, padded_vocab]
  %loss = cross_entropy %logits, %targets valid vocab : [batch, seq, padded_vocab], [batch, seq] i32
  return %loss : [] f32
}
flm.config @c of @m {seq = 5, vocab = 7, hidden = 6, heads = 3, ffn = 11, layers = 3, inner = 2}
flm.recipe @r {precision = f64, micro_batch = 2, base_width = 4, output_mult = 1.5}
flm.plan @p of @m on grid() {}
)")
      .str();
}

void numerics::expectRightGradients(llvm::StringRef spec) {
  for (std::string microBatches : {"1", "2"})
    for (std::string policy : {"none", "selective", "full"}) {
      SCOPED_TRACE("micro_batches=" + microBatches + " recompute=" + policy);
      TrainPrograms programs(
          spec, {"",
                 "",
                 "",
                 {"micro_batches=" + microBatches, "recompute=" + policy}});
      State state = programs.randomState();
      Batch batch = programs.randomBatch(7);
      Gradients gradients = programs.gradients(batch, state);
      for (const std::string &name : programs.parameters()) {
        auto expected = derivatives([&] { return programs.loss(batch, state); },
                                    state[name], /*samples=*/60);
        EXPECT_LE(gradientError(gradients[name], expected), 1e-6) << name;
      }
    }
}
