//===----------------------------------------------------------------------===//
// From our names to Hugging Face's.
//===----------------------------------------------------------------------===//
#include "runtime/train/ModelConfig.h"

using namespace flmrt;
using nlohmann::ordered_json;

std::string flmrt::modelConfig(const ProgramManifest &manifest) {
  // `vocab_size` is the true one: a loader that makes tensors of it refuses
  // those of a padded vocabulary, instead of letting the padding win.
  static const std::pair<const char *, const char *> names[] = {
      {"vocab", "vocab_size"},         {"padded_vocab", "padded_vocab_size"},
      {"hidden", "hidden_size"},       {"ffn", "intermediate_size"},
      {"layers", "num_hidden_layers"}, {"heads", "num_attention_heads"},
      {"head_dim", "head_dim"},        {"seq", "max_position_embeddings"},
  };
  ordered_json config = {{"model_type", manifest.model},
                         {"torch_dtype", "float32"}};
  for (auto [ours, theirs] : names)
    if (manifest.dims.contains(ours))
      config[theirs] = manifest.dims[ours];
  for (const RopeTable &table : manifest.ropeTables)
    config["rope_theta"] = table.theta;
  for (const auto &[name, value] : manifest.forward.items())
    config[name == "norm_eps" ? "rms_norm_eps" : name] = value;
  return config.dump(2) + "\n";
}
