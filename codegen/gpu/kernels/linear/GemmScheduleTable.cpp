//===----------------------------------------------------------------------===//
// The text of the table of schedules.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/linear/GemmSchedules.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace flm::gpu;

const char *GemmScheduleTable::builtInText() {
  return
#include "codegen/gpu/kernels/linear/GemmSchedulesText.inc"
      ;
}

namespace {

/// One line: words, then a schedule.
class LineParser {
public:
  LineParser(StringRef line, Location loc) : rest(line.trim()), loc(loc) {}

  StringRef word() {
    auto [first, others] = rest.split(' ');
    rest = others.ltrim();
    return first;
  }

  LogicalResult number(double &result) {
    StringRef text = word();
    if (text.getAsDouble(result) || !(result > 0))
      return emitError(loc) << "'" << text << "' is not a positive number";
    return success();
  }

  LogicalResult size(int64_t &result) {
    StringRef text = word();
    if (text.getAsInteger(10, result) || result < 1)
      return emitError(loc) << "'" << text << "' is not a positive integer";
    return success();
  }

  LogicalResult layout(GemmLayout &result) {
    StringRef text = word();
    std::optional<GemmLayout> layout = symbolizeGemmLayout(text);
    if (!layout)
      return emitError(loc) << "'" << text << "' is not nt, nn or tn";
    result = *layout;
    return success();
  }

  LogicalResult schedule(GemmScheduleAttr &result) {
    // The parser reports what it does not understand.
    Attribute attr = parseAttribute(rest, loc->getContext());
    result = dyn_cast_or_null<GemmScheduleAttr>(attr);
    if (!result)
      return emitError(loc)
             << "'" << rest << "' is not a #flm_gpu.gemm_schedule";
    return success();
  }

private:
  StringRef rest;
  Location loc;
};

} // namespace

FailureOr<GemmScheduleTable>
GemmScheduleTable::parse(StringRef text, StringRef name, MLIRContext *context) {
  GemmScheduleTable table;
  SmallVector<StringRef> lines;
  text.split(lines, '\n');
  for (auto [i, line] : llvm::enumerate(lines)) {
    auto loc = FileLineColLoc::get(context, name, i + 1, 1);
    LineParser parser(line, loc);
    bool isShape = false;
    StringRef kind = parser.word();
    if (kind == "tile") {
      Tile tile;
      if (failed(parser.number(tile.efficiency)) ||
          failed(parser.schedule(tile.schedule)))
        return failure();
      table.tiles.push_back(tile);
    } else if (kind == "shape") {
      isShape = true;
      Shape shape;
      if (failed(parser.layout(shape.layout)))
        return failure();
      for (int64_t &size : shape.sizes)
        if (failed(parser.size(size)))
          return failure();
      if (failed(parser.number(shape.teraflops)) ||
          failed(parser.schedule(shape.schedule)))
        return failure();
      table.record(shape);
    } else if (!kind.empty() && !kind.starts_with("#")) {
      return emitError(loc)
             << "begins with '" << kind << "'; expected tile, shape or #";
    }
    // The last line has no end.
    if (!isShape && i + 1 < lines.size())
      table.head += (line + "\n").str();
  }
  return table;
}

GemmScheduleTable GemmScheduleTable::builtIn(MLIRContext *context) {
  auto table = parse(builtInText(), "GemmSchedules.txt", context);
  assert(succeeded(table) && "the table of this repository is wrong");
  return *table;
}

std::string GemmScheduleTable::text() const {
  std::string result = head;
  llvm::raw_string_ostream os(result);
  for (const Shape &shape : shapes) {
    os << "shape " << stringifyEnum(shape.layout);
    for (int64_t size : shape.sizes)
      os << ' ' << size;
    os << ' ' << llvm::format("%.1f", shape.teraflops) << ' '
       << Attribute(shape.schedule) << '\n';
  }
  return result;
}

/// What there is one line for.
static auto key(const GemmScheduleTable::Shape &shape) {
  return std::tuple(shape.schedule.getArch(), shape.layout, shape.sizes,
                    shape.schedule.getSplits() > 1);
}

void GemmScheduleTable::replace(ArrayRef<Shape> measured) {
  llvm::erase_if(shapes, [&](const Shape &old) {
    return llvm::any_of(
        measured, [&](const Shape &shape) { return key(shape) == key(old); });
  });
  for (const Shape &shape : measured)
    record(shape);
}

void GemmScheduleTable::record(const Shape &measured) {
  auto *place =
      llvm::lower_bound(shapes, measured, [&](const Shape &a, const Shape &b) {
        return key(a) < key(b);
      });
  if (place == shapes.end() || key(*place) != key(measured))
    shapes.insert(place, measured);
  else if (place->teraflops < measured.teraflops)
    *place = measured;
}
