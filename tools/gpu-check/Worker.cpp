//===----------------------------------------------------------------------===//
// Running, checking and timing kernels.
//===----------------------------------------------------------------------===//
#include "tools/gpu-check/Worker.h"

#include "runtime/UserError.h"
#include "tools/gpu-check/Replication.h"

#include <algorithm>
#include <cmath>

using namespace flm;
using namespace flm::gpucheck;
using namespace flmrt::cuda;
using nlohmann::json;

/// How long the timed launches of a round take together: long against the
/// resolution of events (about a microsecond), short against changes of the
/// clock rate.
static constexpr double roundSeconds = 0.03;
/// The L2 cache is of no use to data that was last touched this many times its
/// size ago.
static constexpr int64_t cachesToPass = 3;
/// Bytes that are copied to measure the bandwidth of memory: many times the L2
/// cache, and little of the memory.
static constexpr int64_t maxCopyBytes = int64_t{512} << 20;

void Worker::serve(std::istream &is, std::ostream &os) {
  out = &os;
  for (std::string line; std::getline(is, line);) {
    json reply;
    try {
      reply = answer(json::parse(line));
    } catch (const OutOfMemory &error) {
      reply = {{"skipped", error.what()}};
    } catch (const flmrt::UserError &error) {
      reply = {{"failed", error.what()}};
    } catch (const std::bad_alloc &) {
      reply = {{"skipped", "the memory of this machine is too small for it"}};
    }
    os << reply.dump() << std::endl;
    if (reply.contains("failed"))
      return;
  }
}

json Worker::answer(const json &request) {
  const auto &what = request["do"].get_ref<const std::string &>();
  if (what == "open")
    return open();
  if (what == "prepare")
    return prepare(request["run"]);
  if (what == "round")
    return round();
  return copy();
}

void Worker::say(const Phase &phase) {
  *out << json{{"phase", phase.name}}.dump() << std::endl;
}

json Worker::open() {
  device = std::make_unique<Device>();
  references = std::make_unique<ReferencePool>(runs, first);
  return {{"device",
           {{"name", device->name()},
            {"compute_capability", device->computeCapability()},
            {"multiprocessors", device->multiprocessors()},
            {"memory_bytes", device->memoryBytes()},
            {"l2_bytes", device->attribute(DeviceAttribute::L2CacheBytes)},
            {"driver_cuda", Driver::get().versionText()}}}};
}

void Worker::load(const BundledKernel &wanted) {
  call.reset();
  if (loaded == &wanted)
    return;
  loaded = nullptr;
  kernel.reset();
  kernel = std::make_unique<Kernel>(wanted.image, wanted.description.name);
  const gpuref::LaunchShape &launch = wanted.description.launch;
  kernel->prepare({1, launch.threads, launch.cluster, launch.shared});
  loaded = &wanted;
}

NamedTensors Worker::enlarge(const BundleRun &planned,
                             gpuref::KernelTensors &small) const {
  NamedTensors large;
  for (auto &[name, tensor] : small.all()) {
    const gpuref::Argument &argument = tensor.description();
    gpuref::Tensor &target =
        large.try_emplace(name, argument, argument.shapeFor(planned.run->sizes))
            .first->second;
    if (argument.access != gpuref::Access::Write)
      Replication(target.shape(), tensor.shape()).fill(target, tensor);
  }
  return large;
}

void Worker::runOnce(NamedTensors &results) {
  say(runPhase);
  call->launch();
  device->wait("running '" + loaded->description.name + "'");
  call->fetch(results);
}

/// The tensor that a kernel should only read and has written to, or beyond
/// which it has written; empty if there is none.
static std::string strayWrite(const NamedTensors &before,
                              const NamedTensors &after) {
  for (auto &[name, tensor] : after) {
    if (!tensor.guardsIntact())
      return "wrote beyond '" + name + "'";
    if (tensor.description().access == gpuref::Access::Read &&
        tensor.guarded() != before.at(name).guarded())
      return "wrote to '" + name + "', which it should only read";
  }
  return {};
}

/// {"error": ..., "wrong": ...} of the results of one run.
static json judge(const Reference &reference, const NamedTensors &before,
                  const NamedTensors &after) {
  std::string wrong = strayWrite(before, after);
  double worst = 0;
  for (const gpuref::Expected &expected : reference.expected) {
    const gpuref::Tensor &tensor = after.at(expected.tensor);
    const Sizes &small = reference.tensors->tensor(expected.tensor).shape();
    Comparison comparison =
        compare(expected, Replication(tensor.shape(), small), tensor);
    worst = std::max(worst, comparison.error);
    if (comparison.mismatch)
      wrong += (wrong.empty() ? "" : "; ") + comparison.mismatch->text();
  }
  json reply = {{"error", worst}}; // null for an infinite one
  if (!wrong.empty())
    reply["wrong"] = wrong;
  return reply;
}

static bool haveSameBits(const NamedTensors &a, const NamedTensors &b) {
  return std::all_of(a.begin(), a.end(), [&](auto &entry) {
    return entry.second.guarded() == b.at(entry.first).guarded();
  });
}

json Worker::prepare(size_t index) {
  const BundleRun &planned = runs.at(index);
  const gpuref::KernelDescription &description = planned.kernel->description;
  if (!description.arch.empty() && !device->runs(description.arch))
    return {{"skipped", "needs a GPU of " + description.arch}};
  int64_t shared = description.launch.shared;
  int available = device->attribute(DeviceAttribute::SharedMemoryPerBlockOptIn);
  if (shared > available)
    return {{"skipped", "needs " + std::to_string(shared) +
                            " bytes of shared memory per block; this GPU has " +
                            std::to_string(available)}};

  say(referencePhase);
  Reference reference = references->take(index);
  if (!reference.tensors)
    return {{"skipped", reference.problem}};
  bool isEnlarged = planned.run->sizes != planned.run->reference;
  NamedTensors large;
  if (isEnlarged)
    large = enlarge(planned, *reference.tensors);
  NamedTensors &inputs = isEnlarged ? large : reference.tensors->all();

  say(loadPhase);
  load(*planned.kernel);
  call = std::make_unique<DeviceCall>(*kernel, description, planned.run->sizes,
                                      inputs, *device);
  launchesPerRound = 0;
  NamedTensors results = inputs;
  runOnce(results);
  say(comparePhase);
  json reply = judge(reference, inputs, results);

  // Once more from the same inputs, where that costs little.
  if (!planned.run->timed) {
    NamedTensors again = inputs;
    call->reset(inputs);
    runOnce(again);
    reply["repeatable"] = haveSameBits(results, again);
  }
  return reply;
}

json Worker::round() {
  say(runPhase);
  if (launchesPerRound == 0) {
    call->addCopies(cachesToPass *
                    device->attribute(DeviceAttribute::L2CacheBytes));
    call->launch();
    double one = device->time([&] { call->launch(); });
    launchesPerRound = std::clamp<int64_t>(
        static_cast<int64_t>(std::ceil(roundSeconds / std::max(one, 1e-6))), 1,
        5000);
  }
  // The GPU has been idle, or busy with something else.
  for (int64_t i = 0; i < 1 + launchesPerRound / 4; ++i)
    call->launch();
  double seconds = device->time([&] {
    for (int64_t i = 0; i < launchesPerRound; ++i)
      call->launch();
  });
  return {{"seconds", seconds / static_cast<double>(launchesPerRound)}};
}

json Worker::copy() {
  if (!copySource) {
    int64_t copyBytes = std::min(maxCopyBytes, device->memoryBytes() / 16);
    copySource = std::make_unique<DeviceMemory>(copyBytes);
    copyTarget = std::make_unique<DeviceMemory>(copyBytes);
  }
  say(runPhase);
  constexpr int times = 20;
  copyTarget->copyFrom(*copySource);
  double seconds = device->time([&] {
    for (int i = 0; i < times; ++i)
      copyTarget->copyFrom(*copySource);
  });
  double bytes = 2.0 * static_cast<double>(copySource->bytes());
  return {{"bytes_per_second", bytes * times / seconds}};
}
