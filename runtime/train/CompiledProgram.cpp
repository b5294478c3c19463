//===----------------------------------------------------------------------===//
// Calls into the compiled code, and the names of what lies in its state.
//===----------------------------------------------------------------------===//
#include "runtime/train/CompiledProgram.h"

#include "runtime/UserError.h"
#include "runtime/abi/Program.h"
#include "runtime/train/ParameterInit.h"

using namespace flmrt;

CompiledProgram::CompiledProgram(const ProgramManifest &manifest, int threads,
                                 int64_t rank)
    : manifest(manifest),
      state(manifest.stateBytes, "parameters and optimizer state"),
      scratch(manifest.scratchBytes, "activations and gradients"),
      pool(threads, manifest.workspaceBytes) {
  nameTensors(rank);
  fillTables(rank);
}

void CompiledProgram::fillTables(int64_t rank) {
  const Mesh &mesh = manifest.distribution.mesh;
  for (const RopeTable &table : manifest.ropeTables) {
    int64_t begin =
        table.axis ? mesh.coordinate(rank, *table.axis) * table.seq : 0;
    fillRopeTable(table, begin,
                  reinterpret_cast<float *>(state.data() + table.offset));
  }
  for (const CoordinateTable &table : manifest.coordinateTables) {
    auto *out = reinterpret_cast<int32_t *>(state.data() + table.offset);
    for (int64_t axis : table.axes)
      *out++ = static_cast<int32_t>(mesh.coordinate(rank, axis));
  }
}

/// Calls `use(name, layer shape, layer)` for every tensor that a checkpoint has
/// of `parameter`: one, or one per layer.
template <typename Use>
static void forEachTensor(const Parameter &parameter, Use use) {
  if (!parameter.stacked) {
    use(parameter.name, parameter.shape, std::optional<int64_t>());
    return;
  }
  std::vector<int64_t> shape(parameter.shape.begin() + 1,
                             parameter.shape.end());
  for (int64_t layer = 0; layer < parameter.shape[0]; ++layer) {
    std::string name = parameter.name;
    name.replace(name.find('*'), 1, std::to_string(layer));
    use(name, shape, std::optional<int64_t>(layer));
  }
}

void CompiledProgram::nameTensors(int64_t rank) {
  for (const Parameter &parameter : manifest.parameters)
    forEachTensor(parameter, [&](const std::string &name,
                                 const std::vector<int64_t> &shape,
                                 std::optional<int64_t> layer) {
      auto add = [&](std::vector<Tensor> &list, const std::string &prefix,
                     int64_t offset, const std::vector<Part> &parts) {
        Tensor tensor{prefix + name, shape,
                      reinterpret_cast<float *>(state.data() + offset)};
        if (!parts.empty())
          tensor.part.emplace(parameter.shape, parts,
                              manifest.distribution.mesh, rank, layer);
        else if (layer)
          tensor.data += *layer * tensor.elements();
        list.push_back(tensor);
        shared.push_back({std::move(tensor), parts, parameter.shape, layer});
      };
      add(named.parameters, "", parameter.offset, parameter.parts);
      add(named.moments, "exp_avg.", parameter.m, parameter.mParts);
      add(named.moments, "exp_avg_sq.", parameter.v, parameter.vParts);
    });
}

void CompiledProgram::initializeParameters(uint64_t seed) {
  auto tensor = named.parameters.begin();
  for (const Parameter &parameter : manifest.parameters)
    forEachTensor(parameter,
                  [&](const std::string &, const std::vector<int64_t> &,
                      std::optional<int64_t>) {
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
