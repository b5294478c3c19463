//===----------------------------------------------------------------------===//
// What a checkpoint says to other programs.
//===----------------------------------------------------------------------===//
#include "runtime/train/ModelConfig.h"
#include "test/runtime/train/RunFixture.h"

#include "runtime/abi/Program.h"

using namespace flmrt;
using namespace flmtest;

namespace {

class ModelConfig : public RunFixture {};

TEST_F(ModelConfig, IsInEveryCheckpoint) {
  ASSERT_EQ(runBinary(flags(out, {"--checkpoint-every", "6"})).status, 0);
  for (const char *step : {"step_00000006", finalStep}) {
    auto config = nlohmann::json::parse(
        readFile(out + "/" + std::string(step) + "/config.json"));
    EXPECT_EQ(config["model_type"], "bigram");
    // The vocabulary is padded: a loader must not take the padding for tokens.
    EXPECT_EQ(config["vocab_size"], 256);
    EXPECT_EQ(config["padded_vocab_size"], 260);
    EXPECT_EQ(config["num_hidden_layers"], 3);
    EXPECT_EQ(config["max_position_embeddings"], 10);
    EXPECT_EQ(config["rope_theta"], 10000.0);
    EXPECT_FALSE(config.contains("batch"));
  }
}

TEST_F(ModelConfig, SaysWhatTheForwardPassMultiplies) {
  ProgramManifest manifest = ProgramManifest::parse(flm_manifest);
  manifest.forward = {{"embedding_multiplier", 2.0},
                      {"logits_multiplier", 0.125},
                      {"norm_eps", 1e-5}};
  auto config = nlohmann::json::parse(modelConfig(manifest));
  EXPECT_EQ(config["embedding_multiplier"], 2.0);
  EXPECT_EQ(config["logits_multiplier"], 0.125);
  EXPECT_EQ(config["rms_norm_eps"], 1e-5);
}

} // namespace
