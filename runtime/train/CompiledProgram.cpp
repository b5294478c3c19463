//===----------------------------------------------------------------------===//
// Calls into the compiled code, and the names of what lies in its state.
//===----------------------------------------------------------------------===//
#include "runtime/train/CompiledProgram.h"

#include "runtime/UserError.h"
#include "runtime/abi/Program.h"
#include "runtime/train/ParameterInit.h"

using namespace flmrt;

CompiledProgram::CompiledProgram(const ProgramManifest &manifest, int threads)
    : manifest(manifest),
      state(manifest.stateBytes, "parameters and optimizer state"),
      scratch(manifest.scratchBytes, "activations and gradients"),
      pool(threads, manifest.workspaceBytes) {
  nameTensors();
  for (const RopeTable &table : manifest.ropeTables)
    fillRopeTable(table,
                  reinterpret_cast<float *>(state.data() + table.offset));
}

/// Calls `use(name, layer shape, element offset)` for every tensor that a
/// checkpoint has of `parameter`: one, or one per layer.
template <typename Use>
static void forEachTensor(const Parameter &parameter, Use use) {
  if (!parameter.stacked) {
    use(parameter.name, parameter.shape, int64_t(0));
    return;
  }
  std::vector<int64_t> shape(parameter.shape.begin() + 1,
                             parameter.shape.end());
  const int64_t layers = parameter.shape[0];
  const int64_t elements = parameter.elements() / layers;
  for (int64_t layer = 0; layer < layers; ++layer) {
    std::string name = parameter.name;
    name.replace(name.find('*'), 1, std::to_string(layer));
    use(name, shape, layer * elements);
  }
}

void CompiledProgram::nameTensors() {
  auto at = [&](int64_t offset, int64_t element) {
    return reinterpret_cast<float *>(state.data() + offset) + element;
  };
  for (const Parameter &parameter : manifest.parameters)
    forEachTensor(parameter, [&](const std::string &name,
                                 const std::vector<int64_t> &shape,
                                 int64_t element) {
      named.parameters.push_back({name, shape, at(parameter.offset, element)});
      named.moments.push_back(
          {"exp_avg." + name, shape, at(parameter.m, element)});
      named.moments.push_back(
          {"exp_avg_sq." + name, shape, at(parameter.v, element)});
    });
}

void CompiledProgram::initializeParameters(uint64_t seed) {
  auto tensor = named.parameters.begin();
  for (const Parameter &parameter : manifest.parameters)
    forEachTensor(parameter, [&](const std::string &,
                                 const std::vector<int64_t> &, int64_t) {
      initialize(*tensor++, parameter.init, seed, pool);
    });
}

CompiledProgram::StepResult CompiledProgram::trainStep(const int32_t *tokens,
                                                       const int32_t *targets,
                                                       const Hyper &hyper) {
  float metrics[2] = {0, 0};
  flm_train_step(state.data(), scratch.data(), tokens, targets, hyper.data(),
                 metrics);
  return {metrics[0], metrics[1]};
}

float CompiledProgram::evaluate(const int32_t *tokens, const int32_t *targets) {
  float loss = 0;
  flm_eval_step(state.data(), scratch.data(), tokens, targets, &loss);
  return loss;
}

const float *CompiledProgram::predict(const int32_t *tokens) {
  if (!logits.data())
    logits = Arena(manifest.seq * manifest.paddedVocab * 4,
                   "logits of one sequence");
  auto *out = reinterpret_cast<float *>(logits.data());
  flm_predict(state.data(), scratch.data(), tokens, out);
  return out;
}

std::vector<float> CompiledProgram::probe(const int32_t *tokens) {
  int64_t count = 0;
  for (const Probe &probe : manifest.probes)
    count += probe.count;
  if (count == 0 || !flm_probe)
    throw UserError("--probe-every: this binary was compiled without probes");
  std::vector<float> values(static_cast<size_t>(count));
  flm_probe(state.data(), scratch.data(), tokens, values.data());
  return values;
}
