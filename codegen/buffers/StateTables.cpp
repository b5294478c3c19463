//===----------------------------------------------------------------------===//
// Tables of the state arena that the runtime fills once.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/StateTables.h"

#include "codegen/buffers/Storage.h"
#include "passes/sharding/Passes.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flm;

/// The fields of a rope's table, but for its offset.
static SmallVector<NamedAttribute> fieldsOf(RopeOp rope) {
  Builder builder(rope.getContext());
  NamedTensorType type = typeOf(rope.getX());
  int64_t seq = type.getDims()[type.getRank() - 2].size();
  int64_t headDim = type.getDims().back().getSizes().back();
  SmallVector<NamedAttribute> fields = {
      {builder.getStringAttr("kind"), builder.getStringAttr("rope")},
      {builder.getStringAttr("theta"), rope.getThetaAttr()},
      {builder.getStringAttr("seq"), builder.getI64IntegerAttr(seq)},
      {builder.getStringAttr("head_dim"), builder.getI64IntegerAttr(headDim)}};
  if (auto axis = rope->getAttrOfType<StringAttr>(kPositionsAxis))
    fields.push_back({builder.getStringAttr("axis"), axis});
  return fields;
}

/// The entry with these `fields`, or null.
static DictionaryAttr findTable(ArrayRef<Attribute> tables,
                                ArrayRef<NamedAttribute> fields) {
  for (Attribute table : tables) {
    auto known = cast<DictionaryAttr>(table);
    // One more: the offset.
    if (known.size() == fields.size() + 1 &&
        llvm::all_of(fields, [&](NamedAttribute field) {
          return known.get(field.getName()) == field.getValue();
        }))
      return known;
  }
  return {};
}

void flm::placeStateTables(ModuleOp module, int64_t &stateBytes) {
  Builder builder(module.getContext());
  SmallVector<Attribute> tables;
  auto place = [&](SmallVector<NamedAttribute> fields, int64_t bytes) {
    fields.push_back(
        builder.getNamedAttr("offset", builder.getI64IntegerAttr(stateBytes)));
    tables.push_back(builder.getDictionaryAttr(fields));
    stateBytes += llvm::alignTo(bytes, kBufferAlignment);
  };
  module.walk([&](RopeOp rope) {
    if (!rope->getParentOfType<ProgramOp>())
      return;
    SmallVector<NamedAttribute> fields = fieldsOf(rope);
    if (findTable(tables, fields))
      return;
    NamedTensorType type = typeOf(rope.getX());
    int64_t seq = type.getDims()[type.getRank() - 2].size();
    place(fields, seq * type.getDims().back().getSizes().back() * 4);
  });
  for (PlanOp plan : module.getOps<PlanOp>())
    if (plan.ranks() > 1)
      place({builder.getNamedAttr("kind", builder.getStringAttr("coordinates")),
             builder.getNamedAttr("axes", plan.getAxes())},
            static_cast<int64_t>(plan.getAxes().size()) * 4);
  module->setAttr(kTables, builder.getArrayAttr(tables));
}

static ArrayRef<Attribute> tablesAround(Operation *op) {
  auto tables =
      op->getParentOfType<ModuleOp>()->getAttrOfType<ArrayAttr>(kTables);
  return tables ? tables.getValue() : ArrayRef<Attribute>();
}

static int64_t offsetOf(DictionaryAttr table) {
  return table.getAs<IntegerAttr>("offset").getInt();
}

BufferAttr flm::ropeTable(RopeOp rope) {
  DictionaryAttr table = findTable(tablesAround(rope), fieldsOf(rope));
  if (!table)
    return {};
  int64_t bytes = table.getAs<IntegerAttr>("seq").getInt() *
                  table.getAs<IntegerAttr>("head_dim").getInt() * 4;
  return BufferAttr::get(rope.getContext(), Arena::State, 0, offsetOf(table),
                         bytes, {});
}

BufferAttr flm::coordinateOf(Operation *op, StringRef axis) {
  for (Attribute entry : tablesAround(op)) {
    auto table = cast<DictionaryAttr>(entry);
    auto axes = table.getAs<ArrayAttr>("axes");
    if (!axes)
      continue;
    for (auto [index, name] : llvm::enumerate(axes.getAsRange<StringAttr>()))
      if (name.getValue() == axis)
        return BufferAttr::get(
            op->getContext(), Arena::State, 0,
            offsetOf(table) + 4 * static_cast<int64_t>(index), 4, {});
  }
  return {};
}
