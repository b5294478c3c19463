//===----------------------------------------------------------------------===//
// Specs drawn at random: sizes and recipe around a random model.
//===----------------------------------------------------------------------===//
#include "test/numerics/random/RandomModel.h"

#include "test/numerics/random/ModelWriter.h"

using namespace flm;
using namespace flm::numerics;

RandomModel::RandomModel(uint64_t seed) {
  Dice dice(seed);
  bool rotations = dice.percent(50);
  std::string body = ModelWriter(dice, rotations).write();
  spec = "flm.model @m\n"
         "    dims [batch, seq, vocab, padded_vocab, hidden, heads, head_dim, "
         "ffn, layers, inner]\n"
         "    (%tokens: [batch, seq] i32, %targets: [batch, seq] i32) {\n" +
         body + "}\n";

  auto bind = [&](const std::string &name, int64_t value, bool last = false) {
    spec += name + " = " + std::to_string(value) + (last ? "}\n" : ", ");
  };
  vocab = dice.between(2, 9);
  spec += "flm.config @c of @m {";
  bind("seq", dice.percent(15) ? 1 : dice.between(2, 5));
  bind("vocab", vocab);
  bind("padded_vocab", vocab + dice.below(4));
  bind("hidden", dice.between(1, 7));
  bind("heads", dice.between(1, 3));
  bind("head_dim", rotations ? 2 * dice.between(1, 3) : dice.between(1, 5));
  bind("ffn", dice.between(1, 7));
  bind("layers", dice.between(1, 3));
  bind("inner", dice.between(1, 3), /*last=*/true);

  static const std::vector<std::string> policies = {"none", "selective",
                                                    "full"};
  static const std::vector<std::string> parametrizations = {"mup", "standard"};
  static const std::vector<std::string> multipliers = {"1.0", "1.0", "1.5"};
  int64_t slots = dice.percent(25) ? 2 : 0;
  spec += "flm.recipe @r {precision = f64, width = [hidden, heads, ffn], "
          "recompute = " +
          dice.oneOf(policies) +
          ", parametrization = " + dice.oneOf(parametrizations) +
          ", input_mult = " + dice.oneOf(multipliers) +
          ", output_mult = " + dice.oneOf(multipliers) + ", ";
  if (slots)
    bind("reduction_slots", slots);
  bind("micro_batches", slots ? 2 * dice.between(1, 2)
                              : (dice.percent(60) ? 1 : dice.between(2, 3)));
  bind("base_width", dice.between(1, 8));
  bind("micro_batch", dice.between(1, 3), /*last=*/true);
}
