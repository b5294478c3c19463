//===----------------------------------------------------------------------===//
// From operands and a hook to a kernel.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/elementwise/Pointwise.h"
#include "codegen/gpu/kernels/device/VectorWalk.h"
#include "codegen/gpu/kernels/device/WideVectors.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace flm::gpu;

static int64_t bytesOf(Type type) { return type.getIntOrFloatBitWidth() / 8; }

/// Elements of a tensor for one element of the walk.
static int64_t perElement(const PointwiseOperand &operand) {
  return operand.along == Along::Pairs ? 2 : 1;
}

static bool isVector(const PointwiseOperand &operand) {
  return operand.along != Along::Rows && operand.along != Along::Numbers;
}

bool PointwiseKernel::isMatrix() const {
  return llvm::any_of(inputs, [](const PointwiseOperand &operand) {
    return operand.along == Along::Columns || operand.along == Along::Rows;
  });
}

int64_t PointwiseKernel::width() const {
  int64_t width = 1;
  for (const auto &operand :
       llvm::concat<const PointwiseOperand>(inputs, outputs))
    if (isVector(operand))
      width = std::max(width, WideVectors::widthOf(operand.type));
  return width;
}

int64_t PointwiseKernel::unrolled() const {
  constexpr int64_t bytesOnTheWay = 4 * WideVectors::bytes;
  int64_t bytes = 0;
  for (const PointwiseOperand &operand : inputs)
    if (operand.along == Along::Elements || operand.along == Along::Pairs)
      bytes += width() * perElement(operand) * bytesOf(operand.type);
  return llvm::divideCeil(bytesOnTheWay, std::max<int64_t>(bytes, 1));
}

namespace {

/// The arguments and the body of one kernel.
class PointwiseBuilder {
public:
  PointwiseBuilder(DeviceBuilder &d, const PointwiseKernel &kernel)
      : d(d), kernel(kernel), walk(d, kernel.width(), kernel.unrolled()) {}

  LLVM::LLVMFuncOp emit(StringRef symbol, Attribute description);

private:
  int64_t sizes() const { return kernel.isMatrix() ? 2 : 1; }
  KernelArgument argument(const PointwiseOperand &operand, Access access) const;
  LaunchAttr launch() const;
  const PointwiseOperand *outputCalled(StringRef name) const;

  using Place = VectorWalk::Place;
  void loadNumbers();
  Value address(unsigned argument, const PointwiseOperand &operand,
                Place place);
  /// Appends the values of input `i` at the place.
  void load(unsigned i, Place place, int64_t width,
            SmallVectorImpl<F32> &values);
  /// Stores output `i`, taking its values from the front.
  void store(unsigned i, Place place, int64_t width, ArrayRef<F32> &values);
  void process(ArrayRef<Place> places, int64_t width);

  DeviceBuilder &d;
  const PointwiseKernel &kernel;
  VectorWalk walk;
  LLVM::LLVMFuncOp function;
  I32 rowLength{d, Value()};
  /// Of each output, its argument.
  SmallVector<unsigned> outputArguments;
  /// Of each input along Numbers, what it holds.
  llvm::DenseMap<unsigned, SmallVector<F32>> numbers;
};

} // namespace

const PointwiseOperand *PointwiseBuilder::outputCalled(StringRef name) const {
  auto found = llvm::find_if(kernel.outputs, [&](const PointwiseOperand &o) {
    return o.name == name;
  });
  return found == kernel.outputs.end() ? nullptr : found;
}

KernelArgument PointwiseBuilder::argument(const PointwiseOperand &operand,
                                          Access access) const {
  MLIRContext *context = d.getContext();
  AffineExpr first = getAffineDimExpr(0, context),
             second = getAffineDimExpr(1, context);
  SmallVector<AffineExpr> shape;
  int64_t rowBytes = 1;
  switch (operand.along) {
  case Along::Elements:
  case Along::Pairs:
    if (kernel.isMatrix())
      shape = {first, second * perElement(operand)};
    else
      shape = {first * perElement(operand)};
    break;
  case Along::Columns:
    shape = {second};
    break;
  case Along::Rows:
    shape = {first};
    break;
  case Along::Numbers:
    shape = {getAffineConstantExpr(operand.numbers, context)};
    break;
  }
  if (kernel.isMatrix() && isVector(operand))
    rowBytes = kernel.width() * perElement(operand) * bytesOf(operand.type);
  return {LLVM::LLVMPointerType::get(context, 1),
          OperandAttr::get(context, operand.name, access, operand.type,
                           AffineMap::get(sizes(), 0, shape, context),
                           rowBytes),
          TensorMapAttr()};
}

LaunchAttr PointwiseBuilder::launch() const {
  MLIRContext *context = d.getContext();
  AffineExpr first = getAffineDimExpr(0, context);
  SmallVector<AffineExpr> tiles;
  if (kernel.isMatrix())
    llvm::append_range(tiles, walk.blocks(first, getAffineDimExpr(1, context)));
  else
    tiles.push_back(walk.blocks(first));
  return LaunchAttr::get(context, VectorWalk::threads, /*cluster=*/1,
                         /*shared=*/0, /*persistent=*/false,
                         AffineMap::get(sizes(), 0, tiles, context));
}

void PointwiseBuilder::loadNumbers() {
  for (auto [i, input] : llvm::enumerate(kernel.inputs)) {
    if (input.along != Along::Numbers)
      continue;
    assert(input.type.isF32() && "numbers are f32");
    for (int64_t n = 0; n < input.numbers; ++n) {
      Value place =
          d.globalElement(function.getArgument(i), input.type, d.constant(0),
                          d.constant(0), d.constant(n));
      numbers[i].emplace_back(d, d.load(input.type, place, 4));
    }
  }
}

Value PointwiseBuilder::address(unsigned argument,
                                const PointwiseOperand &operand, Place place) {
  I32 zero = d.constant(0);
  Value pointer = function.getArgument(argument);
  switch (operand.along) {
  case Along::Columns:
    return d.globalElement(pointer, operand.type, zero, zero, place.column);
  case Along::Rows:
    return d.globalElement(pointer, operand.type, zero, zero, place.row);
  default:
    int64_t factor = perElement(operand);
    return d.globalElement(pointer, operand.type, place.row, rowLength * factor,
                           place.column * factor);
  }
}

/// `width` elements of a pair's vector: the first ones or the second ones.
static F32 ofPairs(DeviceBuilder &d, Value pairs, int64_t width,
                   int64_t which) {
  SmallVector<int32_t> mask;
  for (int64_t i = 0; i < width; ++i)
    mask.push_back(2 * i + which);
  return {d, LLVM::ShuffleVectorOp::create(d, pairs, pairs, mask)};
}

static Value toPairs(F32 first, F32 second, int64_t width) {
  SmallVector<int32_t> mask;
  for (int64_t i = 0; i < width; ++i)
    mask.append({static_cast<int32_t>(i), static_cast<int32_t>(width + i)});
  return LLVM::ShuffleVectorOp::create(first.d(), first.value(), second.value(),
                                       mask);
}

void PointwiseBuilder::load(unsigned i, Place place, int64_t width,
                            SmallVectorImpl<F32> &values) {
  const PointwiseOperand &input = kernel.inputs[i];
  if (input.along == Along::Numbers) {
    llvm::append_range(values, numbers[i]);
    return;
  }
  bool isRow = input.along == Along::Rows;
  WideVectors vectors(d, input.type, isRow ? 1 : width * perElement(input));
  Value loaded = vectors.load(address(i, input, place));
  if (input.along == Along::Pairs)
    for (int64_t which : {0, 1})
      values.push_back(ofPairs(d, loaded, width, which));
  else
    values.emplace_back(d, isRow ? d.element(loaded, 0) : loaded);
}

void PointwiseBuilder::store(unsigned i, Place place, int64_t width,
                             ArrayRef<F32> &values) {
  const PointwiseOperand &output = kernel.outputs[i];
  WideVectors vectors(d, output.type, width * perElement(output));
  Value result = values[0].value();
  if (output.along == Along::Pairs)
    result = toPairs(values[0], values[1], width);
  values = values.drop_front(perElement(output));
  vectors.store(vectors.round(result),
                address(outputArguments[i], output, place));
}

void PointwiseBuilder::process(ArrayRef<Place> places, int64_t width) {
  SmallVector<SmallVector<F32>> inputs(places.size());
  for (auto [place, values] : llvm::zip(places, inputs))
    for (unsigned i : llvm::seq<unsigned>(kernel.inputs.size()))
      load(i, place, width, values);
  for (auto [place, values] : llvm::zip(places, inputs)) {
    SmallVector<F32> results = kernel.apply(values);
    ArrayRef<F32> rest = results;
    for (unsigned i : llvm::seq<unsigned>(kernel.outputs.size()))
      store(i, place, width, rest);
    assert(rest.empty() && "a result per output, two for pairs");
  }
}

LLVM::LLVMFuncOp PointwiseBuilder::emit(StringRef symbol,
                                        Attribute description) {
  SmallVector<KernelArgument> arguments;
  llvm::StringMap<unsigned> argumentCalled;
  for (const PointwiseOperand &input : kernel.inputs) {
    argumentCalled[input.name] = arguments.size();
    arguments.push_back(argument(
        input, outputCalled(input.name) ? Access::Update : Access::Read));
  }
  for (const PointwiseOperand &output : kernel.outputs) {
    assert(output.along == Along::Elements || output.along == Along::Pairs);
    auto [entry, isNew] =
        argumentCalled.try_emplace(output.name, arguments.size());
    if (isNew)
      arguments.push_back(argument(output, Access::Write));
    outputArguments.push_back(entry->second);
  }
  unsigned tensors = arguments.size();
  for (int64_t i = 0; i < sizes(); ++i)
    arguments.push_back({d.getI32Type(), OperandAttr(), TensorMapAttr()});

  OpBuilder::InsertionGuard guard(d);
  function = d.beginKernel(symbol, arguments, launch(), description);
  loadNumbers();
  auto body = [&](ArrayRef<Place> places, int64_t width) {
    process(places, width);
  };
  if (kernel.isMatrix()) {
    rowLength = d.i32(function.getArgument(tensors + 1));
    walk.forEachInMatrix(d.i32(function.getArgument(tensors)), rowLength, body);
  } else {
    rowLength = d.constant(0); // one row
    walk.forEach(d.i32(function.getArgument(tensors)), body);
  }
  return function;
}

LLVM::LLVMFuncOp flm::gpu::buildPointwise(DeviceBuilder &d, StringRef symbol,
                                          Attribute description,
                                          const PointwiseKernel &kernel) {
  return PointwiseBuilder(d, kernel).emit(symbol, description);
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d, PointwiseAttr pointwise) {
  return buildPointwise(d, pointwise.symbolName(), pointwise,
                        namedKernel(pointwise));
}
