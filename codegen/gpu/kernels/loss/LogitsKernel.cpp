//===----------------------------------------------------------------------===//
// A chunk of the logits: arguments, padding, targets, exponentials.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/loss/LogitsKernel.h"
#include "codegen/gpu/kernels/device/F32.h"

using namespace mlir;
using namespace flm::gpu;

LogitsKernel::LogitsKernel(DeviceBuilder &d, KernelAttrInterface kernel,
                           Type type, RowSchedule schedule)
    : d(d), arguments(d, kernel, {"rows", "columns", "first", "vocab"}),
      type(type), schedule(schedule) {}

void LogitsKernel::logits(StringRef name, Access access) {
  arguments.tensor(name, access, type,
                   {arguments.size("rows"), arguments.size("columns")},
                   WideVectors(d, type).width());
}

void LogitsKernel::perRow(StringRef name, Access access, Type elementType) {
  arguments.tensor(name, access, elementType, arguments.size("rows"));
}

LLVM::LLVMFuncOp
LogitsKernel::emit(function_ref<void(RowVectors &, I32)> body) {
  LLVM::LLVMFuncOp function =
      arguments.begin(arguments.size("rows").ceilDiv(schedule.teams()),
                      schedule.threads(), schedule.sharedBytes());
  RowVectors rows(d, type, arguments.sizeValue("columns"), schedule);
  // Whole teams leave, so sums over a team have all its threads.
  d.ifThen(rows.team() < arguments.sizeValue("rows"),
           [&] { body(rows, rows.team()); });
  return function;
}

I32 LogitsKernel::validColumns() const {
  I32 first = arguments.sizeValue("first"),
      vocab = arguments.sizeValue("vocab");
  I32 ahead = d.select(vocab < first, d.constant(0), vocab - first);
  return d.min(ahead, arguments.sizeValue("columns"));
}

I32 LogitsKernel::targetColumn(RowVectors &rows, I32 row) {
  I32 target = d.i32(rows.loadScalar((*this)["targets"], row));
  // A target below `first` wraps around to a large number.
  I32 column = target - arguments.sizeValue("first");
  return d.select(column < validColumns(), column, d.constant(-1));
}

Value LogitsKernel::expMinus(Value x, Value maximum) {
  F32 difference = F32(d, x) - F32(d, maximum);
  return exp2(difference * log2OfE).value();
}
