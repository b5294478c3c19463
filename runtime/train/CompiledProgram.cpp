//===----------------------------------------------------------------------===//
// Calls into the compiled code, and the names of what lies in its state.
//===----------------------------------------------------------------------===//
#include "runtime/train/CompiledProgram.h"

#include "runtime/UserError.h"
#include "runtime/abi/Program.h"
#include "runtime/train/ParameterInit.h"

using namespace flmrt;

static std::unique_ptr<ProgramDevice> createDevice(int64_t stateBytes,
                                                   int64_t scratchBytes) {
  if (!flmrt_createProgramDevice)
    return createHostDevice(stateBytes, scratchBytes);
  return std::unique_ptr<ProgramDevice>(
      flmrt_createProgramDevice(stateBytes, scratchBytes));
}

CompiledProgram::CompiledProgram(const ProgramManifest &manifest, int threads,
                                 int64_t rank)
    : manifest(manifest),
      device(createDevice(manifest.stateBytes, manifest.scratchBytes)),
      pool(threads, manifest.workspaceBytes), named{*device, {}, {}} {
  nameTensors(rank);
  fillTables(rank);
}

void CompiledProgram::fillTables(int64_t rank) {
  const Mesh &mesh = manifest.distribution.mesh;
  for (const RopeTable &table : manifest.ropeTables) {
    int64_t begin =
        table.axis ? mesh.coordinate(rank, *table.axis) * table.seq : 0;
    StateMapping mapping(*device, table.offset, table.seq * table.headDim * 4,
                         MapAccess::Write);
    fillRopeTable(table, begin, static_cast<float *>(mapping.data()));
  }
  for (const CoordinateTable &table : manifest.coordinateTables) {
    StateMapping mapping(*device, table.offset,
                         static_cast<int64_t>(table.axes.size()) * 4,
                         MapAccess::Write);
    auto *out = static_cast<int32_t *>(mapping.data());
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
        Tensor tensor{prefix + name, shape, offset};
        if (!parts.empty())
          tensor.part.emplace(parameter.shape, parts,
                              manifest.distribution.mesh, rank, layer);
        else if (layer)
          tensor.offset += 4 * *layer * tensor.elements();
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
                    initialize(*device, *tensor++, parameter.init, seed, pool);
                  });
}

//===-- Calls -------------------------------------------------------------===//

/// `count` values of the host as the program sees them.
template <typename T>
static const T *pass(ProgramDevice &device, const T *values, int64_t count) {
  return static_cast<const T *>(
      device.argument(values, count * static_cast<int64_t>(sizeof(T))));
}

/// Where the program writes `count` values for the host.
static float *take(ProgramDevice &device, float *values, int64_t count) {
  return static_cast<float *>(device.result(values, count * 4));
}

CompiledProgram::StepResult CompiledProgram::trainStep(const int32_t *tokens,
                                                       const int32_t *targets,
                                                       const Hyper &hyper) {
  const int64_t count = manifest.localStepBatch() * manifest.seq;
  float metrics[2] = {0, 0};
  tokens = pass(*device, tokens, count);
  targets = pass(*device, targets, count);
  const float *scalars = pass(*device, hyper.data(), flm::abi::hyperCount);
  float *out = take(*device, metrics, 2);
  flm_train_step(device->state(), device->scratch(), tokens, targets, scalars,
                 out);
  device->finish();
  return {metrics[0], metrics[1]};
}

float CompiledProgram::evaluate(const int32_t *tokens, const int32_t *targets) {
  const int64_t count = manifest.localBatch() * manifest.seq;
  float loss = 0;
  tokens = pass(*device, tokens, count);
  targets = pass(*device, targets, count);
  float *out = take(*device, &loss, 1);
  flm_eval_step(device->state(), device->scratch(), tokens, targets, out);
  device->finish();
  return loss;
}

const float *CompiledProgram::predict(const int32_t *tokens) {
  const int64_t count = manifest.seq * manifest.paddedVocab;
  if (!logits.data())
    logits = Arena(count * 4, "logits of one sequence");
  auto *values = reinterpret_cast<float *>(logits.data());
  tokens = pass(*device, tokens, manifest.seq);
  float *out = take(*device, values, count);
  flm_predict(device->state(), device->scratch(), tokens, out);
  device->finish();
  return values;
}

std::vector<float> CompiledProgram::probe(const int32_t *tokens) {
  int64_t count = 0;
  for (const Probe &probe : manifest.probes)
    count += probe.count;
  if (count == 0 || !flm_probe)
    throw UserError("--probe-every: this binary was compiled without probes");
  std::vector<float> values(static_cast<size_t>(count));
  tokens = pass(*device, tokens, manifest.localBatch() * manifest.seq);
  float *out = take(*device, values.data(), count);
  flm_probe(device->state(), device->scratch(), tokens, out);
  device->finish();
  return values;
}
