//===----------------------------------------------------------------------===//
// Flash attention, forward: arguments, the block's place, the producer.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/Attention.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flm::gpu;

HopperAttentionForward::HopperAttentionForward(DeviceBuilder &d,
                                               AttentionForwardAttr attention)
    : d(d), attention(attention), headDim(attention.getHeadDim()),
      softmax(d, attention.getScale().getValueAsDouble()),
      queryTile{attention.queries, headDim, /*transposed=*/false},
      keyTile{attention.keys, headDim, /*transposed=*/false},
      // The product with P contracts over the keys, which are rows.
      valueTile{headDim, attention.keys, /*transposed=*/true},
      queryOffset(plan.place(attention.tileBytes(), boxAlignment)),
      keysOffset(plan.place(attention.getStages() * attention.tileBytes(),
                            boxAlignment)),
      valuesOffset(plan.place(attention.getStages() * attention.tileBytes(),
                              boxAlignment)),
      keyRing(d, attention.getStages(),
              plan.place(StageRing::bytes(attention.getStages()), 8)),
      valueRing(d, attention.getStages(),
                plan.place(StageRing::bytes(attention.getStages()), 8)),
      queryRing(d, 1, plan.place(StageRing::bytes(1), 8)), batch(d, Value()),
      seq(batch), heads(batch), keyHeads(batch), batchIndex(batch), head(batch),
      firstQuery(batch), steps(batch), consumer(batch), thread(batch),
      row(batch) {
  assert(plan.bytes() == attention.sharedBytes() &&
         "the verifier counts other bytes than the kernel uses");
}

SmallVector<KernelArgument> HopperAttentionForward::arguments() const {
  MLIRContext *context = d.getContext();
  AffineExpr eb, es, eh, ekv;
  bindDims(context, eb, es, eh, ekv);
  AffineExpr ed = getAffineConstantExpr(headDim, context);
  auto mapType = LLVM::LLVMPointerType::get(context);
  SmallVector<KernelArgument> result;
  auto addTensor = [&](StringRef name, Access access, AffineExpr headCount,
                       int64_t boxRows) {
    auto shape = AffineMap::get(4, 0, {eb, es, headCount, ed}, context);
    auto box = DenseI64ArrayAttr::get(context, {1, boxRows, 1, boxElements});
    result.push_back(
        {mapType,
         OperandAttr::get(context, name, access, d.getBF16Type(), shape, 16),
         TensorMapAttr::get(context, box, boxRowBytes)});
  };
  addTensor("q", Access::Read, eh, queryTile.loadedRows());
  addTensor("k", Access::Read, ekv, keyTile.loadedRows());
  addTensor("v", Access::Read, ekv, valueTile.loadedRows());
  addTensor("o", Access::Write, eh, OutputBox::rows);
  result.push_back(
      {LLVM::LLVMPointerType::get(context, 1),
       OperandAttr::get(context, "lse", Access::Write, d.getF32Type(),
                        AffineMap::get(4, 0, {eb, eh, es}, context), 1),
       TensorMapAttr()});
  for (int i = 0; i < 4; ++i)
    result.push_back({d.getI32Type(), OperandAttr(), TensorMapAttr()});
  return result;
}

void HopperAttentionForward::bindArguments(LLVM::LLVMFuncOp function) {
  unsigned i = 0;
  for (Value *argument : {&q, &k, &v, &o, &logSumExp})
    *argument = function.getArgument(i++);
  for (I32 *argument : {&batch, &seq, &heads, &keyHeads})
    *argument = d.i32(function.getArgument(i++));
}

LLVM::LLVMFuncOp HopperAttentionForward::emit() {
  MLIRContext *context = d.getContext();
  AffineExpr eb, es, eh, ekv;
  bindDims(context, eb, es, eh, ekv);
  auto launch = LaunchAttr::get(
      context, attention.threads, /*cluster=*/1, attention.sharedBytes(),
      /*persistent=*/false,
      AffineMap::get(4, 0, {es.ceilDiv(attention.queries), eh, eb}, context));
  LLVM::LLVMFuncOp function =
      d.beginKernel(attention.symbolName(), arguments(), launch, attention);
  bindArguments(function);
  placeBlock();
  initialize();
  I32 warpgroup = d.warpUniform(d.threadIndex() >> 7);
  d.ifThenElse(warpgroup == 0, [&] { produce(); }, [&] { consume(); });
  return function;
}

void HopperAttentionForward::placeBlock() {
  // The last queries see the most keys: they go first.
  I32 tiles = (seq + (attention.queries - 1)) / attention.queries;
  I32 headsOfBatch = heads * batch;
  I32 tile = tiles - 1 - d.blockIndex() / headsOfBatch;
  I32 index = d.blockIndex() % headsOfBatch;
  batchIndex = index / heads;
  head = index % heads;
  firstQuery = tile * attention.queries;
  steps = attention.getCausal() ? tile + 1 : tiles;
}

void HopperAttentionForward::initialize() {
  d.ifThen(d.threadIndex() == 0, [&] {
    queryRing.init(1, "query ");
    keyRing.init(attention.consumers, "key ");
    valueRing.init(attention.consumers, "value ");
  });
  DeviceBuilder::Named name(d, "begin together");
  blockBarrier(d);
}

TensorMatrix HopperAttentionForward::rowsOf(Value tensorMap, I32 head) {
  return {tensorMap, [batchIndex = batchIndex, head](I32 row, I32 column) {
            return SmallVector<I32>{batchIndex, row, head, column};
          }};
}

void HopperAttentionForward::load(Value tensorMap, StageRing &ring,
                                  RingPosition at, int64_t offset,
                                  const OperandTile &tile, I32 step) {
  Value barrier = ring.acquire(at, attention.tileBytes());
  I32 zero = d.constant(0), key = firstKey(step);
  I32 keyHead = head / (heads / keyHeads);
  tile.load(d, rowsOf(tensorMap, keyHead),
            at.slot * attention.tileBytes() + offset,
            tile.transposed ? zero : key, tile.transposed ? key : zero, barrier,
            zero, 1, Value());
}

void HopperAttentionForward::produce() {
  NVVM::SetMaxRegisterOp::create(d, 24, NVVM::SetMaxRegisterAction::decrease);
  d.ifThen(d.threadIndex() == 0, [&] {
    I32 zero = d.constant(0);
    Value barrier = queryRing.acquire(queryRing.start(), attention.tileBytes());
    queryTile.load(d, rowsOf(q, head), d.constant(queryOffset), firstQuery,
                   zero, barrier, zero, 1, Value());
    // Keys run one step ahead of values, as they are used.
    RingPosition start = keyRing.start();
    load(k, keyRing, start, keysOffset, keyTile, zero);
    d.loop(zero, steps, d.constant(1),
           {start.slot.value(), start.parity.value()},
           [&](I32 step, ValueRange carried) -> SmallVector<Value> {
             RingPosition at{d.i32(carried[0]), d.i32(carried[1])};
             RingPosition ahead = keyRing.next(at);
             d.ifThen(step + 1 < steps, [&] {
               load(k, keyRing, ahead, keysOffset, keyTile, step + 1);
             });
             load(v, valueRing, at, valuesOffset, valueTile, step);
             return {ahead.slot.value(), ahead.parity.value()};
           });
  });
}

LLVM::LLVMFuncOp flm::gpu::build(DeviceBuilder &d,
                                 AttentionForwardAttr attention) {
  OpBuilder::InsertionGuard guard(d);
  return HopperAttentionForward(d, attention).emit();
}
