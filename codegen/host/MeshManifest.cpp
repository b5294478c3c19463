//===----------------------------------------------------------------------===//
// What the manifest says about a program of several ranks.
//===----------------------------------------------------------------------===//
#include "codegen/host/MeshManifest.h"

#include "codegen/buffers/CollectiveStaging.h"
#include "dialects/flm/Pipeline.h"
#include "dialects/flm/Recipe.h"
#include "dialects/flm/ValueNames.h"
#include "passes/sharding/Passes.h"
#include "runtime/abi/Collectives.h"

#include "llvm/Support/Path.h"

#include <map>

using namespace mlir;
using namespace flm;
namespace json = llvm::json;

//===----------------------------------------------------------------------===//
// Mesh and parts
//===----------------------------------------------------------------------===//

json::Object flm::meshOf(const Mesh &mesh) {
  json::Array axes, sizes, batch;
  json::Object object;
  for (const Mesh::Axis &axis : mesh.axes()) {
    axes.push_back(axis.name.getValue());
    sizes.push_back(axis.ranks);
    if (axis.splitsBatch)
      batch.push_back(axis.name.getValue());
    if (axis.splitsLayers)
      object["pipeline"] = axis.name.getValue();
  }
  object["axes"] = std::move(axes);
  object["sizes"] = std::move(sizes);
  object["batch"] = std::move(batch);
  return object;
}

/// Blocks of layers on a stage of the pipeline.
static int64_t pipelineChunks(Operation *op) {
  int64_t chunks = 1;
  for (RecipeOp recipe : op->getParentOfType<ModuleOp>().getOps<RecipeOp>())
    chunks = Recipe::of(recipe).pipeline_chunks;
  return chunks;
}

/// What of a tensor of this global type a rank has that holds `local` elements,
/// with so many blocks on a stage of the pipeline.
static json::Array partsOf(const Mesh &mesh, NamedTensorType global,
                           int64_t local, int64_t chunks) {
  json::Array parts, last;
  for (AxisStateAttr state : global.getStates()) {
    json::Object part{{"axis", state.getAxis().getValue()}};
    StringRef argument = state.getArgument();
    if (state.getKind() == AxisStateKind::At) {
      part["at"] = argument == "first" ? 0 : mesh.ranks(state.getAxis()) - 1;
    } else if (argument == "*") {
      part["flat"] = local;
      last.push_back(std::move(part));
      continue;
    } else {
      for (auto [index, dim] : llvm::enumerate(global.getDims()))
        if (dim.getNames().front() == argument)
          part["dim"] = static_cast<int64_t>(index);
      bool isPipeline = llvm::any_of(mesh.axes(), [&](const Mesh::Axis &axis) {
        return axis.splitsLayers && axis.name == state.getAxis();
      });
      if (isPipeline && chunks > 1)
        part["chunks"] = chunks;
    }
    parts.push_back(std::move(part));
  }
  // What is flattened is what the other axes leave.
  for (json::Value &part : last)
    parts.push_back(std::move(part));
  return parts;
}

json::Object flm::partsOf(const Mesh &mesh, ParamOp param, StateOp m,
                          StateOp v) {
  json::Object parts;
  for (auto [key, read] :
       {std::pair<StringRef, Operation *>("p", param), {"m", m}, {"v", v}}) {
    auto type = read ? read->getAttrOfType<TypeAttr>(kGlobalType) : TypeAttr();
    if (!type)
      continue;
    json::Array list = ::partsOf(mesh, cast<NamedTensorType>(type.getValue()),
                                 typeOf(read->getResult(0)).numElements(),
                                 pipelineChunks(read));
    if (!list.empty())
      parts[key] = std::move(list);
  }
  return parts;
}

//===----------------------------------------------------------------------===//
// Collectives
//===----------------------------------------------------------------------===//

static StringRef dtypeOf(Type type) {
  return type.isInteger(32) ? "i32" : type.isBF16() ? "bf16" : "f32";
}

/// "tele-flm.mlir:27:10", or empty.
static std::string sourceOf(Operation *op) {
  auto at = op->getLoc()->findInstanceOf<FileLineColLoc>();
  if (!at)
    return {};
  return (llvm::sys::path::filename(at.getFilename()) + ":" +
          Twine(at.getLine()) + ":" + Twine(at.getColumn()))
      .str();
}

static int64_t executions(CollectiveOp collective) {
  if (collective->getParentOfType<ProgramOp>().getSymName() != "train_step")
    return 0;
  // Of what is not run for all blocks of a stage, those are counted by
  // `stages`.
  bool everywhere = !atOf(collective);
  int64_t times = 1;
  for (Operation *parent = collective->getParentOp(); parent;
       parent = parent->getParentOp()) {
    if (auto loop = dyn_cast<LoopOp>(parent);
        loop && (everywhere || !loop.getOver().hasFactor(kStageChunkDim)))
      times *= loop.trips();
    else if (auto pipeline = dyn_cast<PipelineOp>(parent))
      times *= pipeline.microBatches() * (everywhere ? pipeline.chunks() : 1);
  }
  return times;
}

/// The indices on the axis of `flm.at` of the ranks that run `collective`, once
/// for each of their blocks of layers for which they do.
static json::Array stagesOf(CollectiveOp collective, AxisStateAttr at) {
  StagePosition position;
  for (PlanOp plan : collective->getParentOfType<ModuleOp>().getOps<PlanOp>())
    position.stages = plan.axisSize(at.getAxis());
  for (Operation *parent = collective->getParentOp(); parent;
       parent = parent->getParentOp()) {
    if (auto pipeline = dyn_cast<PipelineOp>(parent))
      position.chunks = pipeline.chunks();
    else if (auto loop = dyn_cast<LoopOp>(parent);
             loop && loop.getOver().hasFactor(kStageChunkDim))
      position.chunks = loop.trips();
  }
  json::Array stages;
  for (; position.stage < position.stages; ++position.stage)
    for (position.chunk = 0; position.chunk < position.chunks; ++position.chunk)
      if (runsAt(collective, position))
        stages.push_back(position.stage);
  return stages;
}

/// What is the same for all ops that carry out one collective.
static FailureOr<json::Object> describe(CollectiveOp collective) {
  NamedTensorType whole = wholeType(collective);
  StringRef kind = stringifyCollective(collective.getKind());
  int64_t bytes = abi::bytesSent(
      *abi::collectiveKind(std::string_view(kind)),
      static_cast<int64_t>(collective.getRanks()), whole.numElements(),
      static_cast<int64_t>(collective.getFlat().value_or(0)),
      whole.getElementType().getIntOrFloatBitWidth() / 8);
  if (static_cast<int64_t>(collective.getBytes()) != bytes)
    return collective.emitOpError() << "says " << collective.getBytes()
                                    << " bytes, but a rank sends " << bytes;
  Value named = collective.getX() ? collective.getX() : collective.getY();
  json::Object object{{"id", static_cast<int64_t>(collective.getId())},
                      {"kind", kind},
                      {"axis", collective.getAxis()},
                      {"shape", json::Array(whole.shape())},
                      {"dtype", dtypeOf(whole.getElementType())},
                      // The names of values and files are any bytes.
                      {"name", json::fixUTF8(valueName(named))},
                      {"source", json::fixUTF8(sourceOf(collective))},
                      {"bytes", bytes}};
  bool exchangesDims = collective.getKind() == Collective::AllToAll;
  auto number = [&](StringRef key, std::optional<uint64_t> value) {
    if (value)
      object[key] = static_cast<int64_t>(*value);
  };
  number(exchangesDims ? "from" : "dim", collective.getDim());
  number("to", collective.getTo());
  number("flat", collective.getFlat());
  number("at", collective.getAt());
  number("offset", collective.getOffset());
  number("match", collective.getMatch());
  if (auto op = collective.getReduction())
    object["op"] = *op;
  if (AxisStateAttr at = atOf(collective))
    object["stages"] = stagesOf(collective, at);
  return object;
}

FailureOr<json::Array> flm::collectivesOf(ModuleOp module) {
  struct Entry {
    CollectiveOp first;
    json::Object object;
    int64_t times = 0;
  };
  std::map<int64_t, Entry> entries;
  WalkResult walked = module.walk([&](CollectiveOp collective) -> WalkResult {
    FailureOr<json::Object> object = describe(collective);
    if (failed(object))
      return WalkResult::interrupt();
    auto [it, fresh] = entries.try_emplace(collective.getId());
    Entry &entry = it->second;
    if (fresh) {
      entry.first = collective;
      entry.object = std::move(*object);
    } else {
      json::Object other = *object;
      for (StringRef free : {"name", "source"})
        other[free] = *entry.object.get(free);
      if (other != entry.object) {
        auto diag = collective.emitOpError()
                    << "has the id " << collective.getId()
                    << ", which another collective has";
        diag.attachNote(entry.first.getLoc()) << "this one";
        return diag;
      }
    }
    entry.times += executions(collective);
    return WalkResult::advance();
  });
  if (walked.wasInterrupted())
    return failure();
  json::Array collectives;
  for (auto &[id, entry] : entries) {
    if (id != static_cast<int64_t>(collectives.size()))
      return entry.first.emitOpError()
             << "has the id " << id << ", but no collective has the id "
             << collectives.size();
    entry.object["times"] = entry.times;
    collectives.push_back(std::move(entry.object));
  }
  return collectives;
}
