//===----------------------------------------------------------------------===//
// Parameters and optimizer state, cut and put together.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Distribute.h"
#include "codegen/reference/Evaluate.h"
#include "dialects/flm/LocalForm.h"

#include "llvm/ADT/Sequence.h"

#include <map>
#include <numeric>

using namespace mlir;
using namespace flm;
using namespace flm::reference;

Layout::Layout(NamedTensorType global, NamedTensorType local,
               const RankGrid &grid, Chunks chunks)
    : global(global), local(local), grid(grid), chunks(std::move(chunks)) {}

bool Layout::has(int64_t rank) const {
  for (AxisStateAttr state : global.getStates()) {
    if (state.getKind() != AxisStateKind::At)
      continue;
    StringRef axis = state.getAxis().getValue();
    int64_t where = state.getArgument() == "first" ? 0 : grid.ranksOn(axis) - 1;
    if (grid.indexOn(rank, axis) != where)
      return false;
  }
  return true;
}

/// The numbers `indices`, of shape `shape`, at those positions of dim `dim`.
static std::vector<int64_t> select(ArrayRef<int64_t> indices,
                                   SmallVectorImpl<int64_t> &shape, int64_t dim,
                                   ArrayRef<int64_t> positions) {
  int64_t block = 1;
  for (int64_t size : ArrayRef(shape).drop_front(dim + 1))
    block *= size;
  std::vector<int64_t> selected;
  auto count = static_cast<int64_t>(indices.size());
  for (int64_t outer = 0; outer < count; outer += block * shape[dim])
    for (int64_t position : positions)
      for (int64_t i : llvm::seq(block))
        selected.push_back(indices[outer + position * block + i]);
  shape[dim] = static_cast<int64_t>(positions.size());
  return selected;
}

std::vector<int64_t> Layout::elementsOf(int64_t rank) const {
  SmallVector<int64_t> shape = global.shape();
  std::vector<int64_t> elements(global.numElements());
  std::iota(elements.begin(), elements.end(), 0);
  AxisStateAttr flat;
  for (AxisStateAttr state : global.getStates()) {
    if (state.getKind() != AxisStateKind::Split)
      continue;
    if (state.getArgument() == "*") {
      flat = state;
      continue;
    }
    StringRef axis = state.getAxis().getValue();
    int64_t ranks = grid.ranksOn(axis), index = grid.indexOn(rank, axis);
    int64_t blocks = axis == chunks.axis ? chunks.count : 1;
    for (auto [dim, attr] : llvm::enumerate(global.getDims())) {
      if (attr.getNames().front() != state.getArgument())
        continue;
      int64_t size = shape[dim] / (ranks * blocks);
      SmallVector<int64_t> positions;
      for (int64_t block : llvm::seq(blocks))
        for (int64_t i : llvm::seq(size))
          positions.push_back((block * ranks + index) * size + i);
      elements = select(elements, shape, static_cast<int64_t>(dim), positions);
    }
  }
  if (!flat)
    return elements;
  StringRef axis = flat.getAxis().getValue();
  int64_t size = local.numElements();
  elements.resize(size * grid.ranksOn(axis), -1);
  auto begin = elements.begin() + size * grid.indexOn(rank, axis);
  return std::vector<int64_t>(begin, begin + size);
}

Tensor Layout::partOf(const Tensor &whole, int64_t rank) const {
  std::vector<int64_t> elements = elementsOf(rank);
  Tensor part(local.shape());
  assert(part.data.size() == elements.size() &&
         "the local type has the elements that the states leave");
  for (auto [x, element] : llvm::zip(part.data, elements))
    x = element < 0 ? 0 : whole.data[element];
  return part;
}

std::string Layout::store(const Tensor &part, int64_t rank, Tensor &whole,
                          std::vector<bool> &known) const {
  std::vector<int64_t> elements = elementsOf(rank);
  if (part.data.size() != elements.size())
    return "has the wrong size";
  for (auto [x, element] : llvm::zip(part.data, elements)) {
    if (element < 0) {
      if (x != 0)
        return "has padding that is not zero";
      continue;
    }
    // Not equal to itself either: a NaN.
    if (known[element] && !(whole.data[element] == x))
      return "differs from another rank in element " + std::to_string(element);
    whole.data[element] = x;
    known[element] = true;
  }
  return "";
}

/// By name, the layout of all that `program` reads or writes.
static std::map<StringRef, Layout> layoutsOf(Operation *program,
                                             const RankGrid &grid,
                                             const Layout::Chunks &chunks) {
  std::map<StringRef, Layout> layouts;
  program->walk([&](Operation *op) {
    if (!isa<ParamOp, StateOp, UpdateOp>(op))
      return;
    Value value = op->getNumResults() ? op->getResult(0) : op->getOperand(0);
    NamedTensorType local = typeOf(value), global = local;
    // What flm-localize leaves behind where they differ.
    if (auto attr = op->getAttrOfType<TypeAttr>(kGlobalType))
      global = cast<NamedTensorType>(attr.getValue());
    layouts.insert({op->getAttrOfType<StringAttr>("name").getValue(),
                    Layout(global, local, grid, chunks)});
  });
  return layouts;
}

State reference::scattered(const State &whole, Operation *program,
                           const RankGrid &grid, int64_t rank,
                           const Layout::Chunks &chunks) {
  State part;
  for (auto &[name, layout] : layoutsOf(program, grid, chunks))
    if (auto it = whole.find(name); it != whole.end() && layout.has(rank))
      part[name] = layout.partOf(it->second, rank);
  return part;
}

FailureOr<State> reference::gathered(ArrayRef<const State *> ranks,
                                     Operation *program, const RankGrid &grid,
                                     const Layout::Chunks &chunks) {
  State whole;
  for (auto &[name, layout] : layoutsOf(program, grid, chunks)) {
    Tensor tensor(layout.wholeShape());
    std::vector<bool> known(tensor.size(), false);
    for (auto [rank, state] : llvm::enumerate(ranks)) {
      auto number = static_cast<int64_t>(rank);
      if (!layout.has(number))
        continue;
      auto it = state->find(name);
      std::string wrong = it == state->end()
                              ? "is missing"
                              : layout.store(it->second, number, tensor, known);
      if (!wrong.empty())
        return program->emitError()
               << '"' << name << "\" of " << grid.text(number) << ' ' << wrong;
    }
    if (llvm::is_contained(known, false))
      return program->emitError()
             << "an element of \"" << name << "\" is on no rank";
    whole[name] = std::move(tensor);
  }
  return whole;
}
