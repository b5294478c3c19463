//===----------------------------------------------------------------------===//
// What takes the memory of a rank, for people.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/MemoryReport.h"

#include "codegen/buffers/BufferMap.h"

#include "llvm/Support/Format.h"

#include <map>

using namespace mlir;
using namespace flm;

namespace {

/// Bytes of one arena.
class ByteSet {
public:
  explicit ByteSet(Arena arena) : arena(arena) {}

  void add(BufferAttr buffer) {
    if (buffer && buffer.getArena() == arena) {
      int64_t &end = ends[buffer.getOffset()];
      end = std::max(end, buffer.getOffset() + buffer.getBytes());
    }
  }

  int64_t size() const {
    int64_t bytes = 0, covered = 0;
    for (auto [begin, end] : ends) {
      bytes += std::max<int64_t>(0, end - std::max(begin, covered));
      covered = std::max(covered, end);
    }
    return bytes;
  }

private:
  Arena arena;
  std::map<int64_t, int64_t> ends; ///< by first byte
};

/// What `value` was reduced, gathered or folded from; null if it was computed.
Value cameFrom(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto wait = dyn_cast_or_null<WaitOp>(op))
    return wait.getPending();
  if (auto collective = dyn_cast_or_null<CollectiveOp>(op))
    return collective.getX();
  if (auto fold = dyn_cast_or_null<FoldOp>(op))
    return fold.getX();
  return {};
}

} // namespace

void flm::printMemoryReport(ModuleOp module, raw_ostream &os) {
  ByteSet parameters(Arena::State), optimizer(Arena::State),
      gradients(Arena::Scratch);
  if (auto train = module.lookupSymbol<ProgramOp>("train_step"))
    train.walk([&](Operation *op) {
      if (auto param = dyn_cast<ParamOp>(op))
        parameters.add(bufferOf(param.getValue()));
      else if (auto state = dyn_cast<StateOp>(op))
        optimizer.add(bufferOf(state.getValue()));
      else if (auto step = dyn_cast<AdamWOp>(op))
        for (Value value = step.getGrad(); value; value = cameFrom(value))
          gradients.add(bufferOf(value));
    });
  auto arenaBytes = [&](StringRef name) {
    auto bytes = module->getAttrOfType<IntegerAttr>(name);
    return bytes ? bytes.getInt() : 0;
  };
  int64_t state = arenaBytes("flm.state_bytes");
  int64_t scratch = arenaBytes("flm.scratch_bytes");
  auto line = [&](const char *name, int64_t bytes) {
    os << llvm::format("%-32s %16lld %14.2f MiB\n", name,
                       static_cast<long long>(bytes),
                       static_cast<double>(bytes) / (1 << 20));
  };
  os << llvm::format("%-32s %16s\n", "memory of a rank", "bytes");
  line("parameters", parameters.size());
  line("optimizer state", optimizer.size());
  line("tables and alignment", state - parameters.size() - optimizer.size());
  line("gradients", gradients.size());
  line("activations and the rest", scratch - gradients.size());
  line("all of these", state + scratch);
}
