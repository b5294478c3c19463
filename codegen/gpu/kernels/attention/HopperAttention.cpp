//===----------------------------------------------------------------------===//
// Attention on Hopper: the block's place, its roles, masks, results.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/kernels/attention/HopperAttention.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

#include <limits>

using namespace mlir;
using namespace flm::gpu;

HopperAttention::HopperAttention(DeviceBuilder &d, int64_t headDim, bool causal)
    : d(d), headDim(headDim), causal(causal), batch(d, Value()), seq(batch),
      heads(batch), keyHeads(batch), batchIndex(batch), head(batch),
      tile(batch), tiles(batch), firstOwn(batch), consumer(batch),
      thread(batch), row(batch) {}

void HopperAttention::placeBlock(const AttentionCall &call,
                                 AttentionCall::Heads owners, bool lastFirst) {
  AttentionCall::Sizes sizes = call.sizes();
  batch = sizes.batch;
  seq = sizes.seq;
  heads = sizes.heads;
  keyHeads = sizes.keyHeads;

  I32 count = owners == AttentionCall::Heads::Query ? heads : keyHeads;
  I32 perTile = count * batch;
  tiles = (seq + (ownRows - 1)) / ownRows;
  tile = d.blockIndex() / perTile;
  if (lastFirst)
    tile = tiles - 1 - tile;
  I32 index = d.blockIndex() % perTile;
  batchIndex = index / count;
  head = index % count;
  firstOwn = tile * ownRows;
}

void HopperAttention::run(ArrayRef<Ring> rings, function_ref<void()> produce,
                          function_ref<void()> consume) {
  d.ifThen(d.threadIndex() == 0, [&] {
    for (const Ring &ring : rings)
      ring.ring->init(ring.releases, /*publish=*/&ring == &rings.back());
  });
  {
    DeviceBuilder::Named name(d, "begin together");
    blockBarrier(d);
  }
  I32 warpgroup = d.warpUniform(d.threadIndex() >> 7);
  d.ifThenElse(
      warpgroup == 0,
      [&] {
        NVVM::SetMaxRegisterOp::create(d, 24,
                                       NVVM::SetMaxRegisterAction::decrease);
        d.ifThen(d.threadIndex() == 0, produce);
      },
      [&] {
        NVVM::SetMaxRegisterOp::create(d, 240,
                                       NVVM::SetMaxRegisterAction::increase);
        consumer = warpgroup - 1;
        thread = d.threadIndex() & (groupThreads - 1);
        row = firstOwn + consumer * 64 + (thread >> 5) * 16 +
              ((thread & 31) >> 2);
        consume();
      });
}

TensorMatrix HopperAttention::rowsOf(Value tensorMap, I32 head) const {
  return {tensorMap, [batchIndex = batchIndex, head](I32 row, I32 column) {
            return SmallVector<I32>{batchIndex, row, head, column};
          }};
}

void HopperAttention::release(TileRing &ring, RingPosition at) {
  d.ifThen(thread == 0, [&] { ring.release(at); });
}

void HopperAttention::releaseByWarp(TileRing &ring, RingPosition at) {
  d.ifThen((thread & 31) == 0, [&] { ring.release(at); });
}

SmallVector<Value>
HopperAttention::keepWhere(ValueRange scores,
                           function_ref<Value(I32, I32)> visible) {
  Value hidden = d.f32(-std::numeric_limits<double>::infinity());
  I32 firstColumn = (thread & 3) * 2;
  SmallVector<Value> result;
  // See flm_gpu.wgmma for the order of a fragment.
  for (auto [i, score] : llvm::enumerate(scores))
    result.push_back(
        arith::SelectOp::create(
            d, visible(row + i / 2 % 2 * 8, firstColumn + (i / 4 * 8 + i % 2)),
            score, hidden)
            .getResult());
  return result;
}

SmallVector<Value> HopperAttention::hideKeys(ValueRange scores, I32 firstKey) {
  return keepWhere(scores, [&](I32 query, I32 column) -> Value {
    // Its own position is the last that a query sees.
    I32 end = causal ? d.min(seq, query + 1) : seq;
    return firstKey + column < end;
  });
}

void HopperAttention::storeRows(ArrayRef<Result> results) {
  OutputBox box{d.getBF16Type()};
  int64_t perBox = box.columns() / 2, boxes = headDim / box.columns();
  auto offsetOf = [&](const Result &result, int64_t index) {
    return consumer * OutputBox::bytes +
           (result.offset + index * ownRows * boxRowBytes);
  };
  for (const Result &result : results)
    for (int64_t index = 0; index < boxes; ++index)
      box.write(d, offsetOf(result, index), thread,
                ValueRange(result.fragment).slice(index * perBox, perBox));
  {
    DeviceBuilder::Named name(d, "show output to TMA");
    fenceForAsyncReads(d);
  }
  {
    DeviceBuilder::Named name(d, "output is written");
    namedBarrier(d, consumer + ownBarrier, groupThreads);
  }
  d.ifThen(thread == 0, [&] {
    DeviceBuilder::Named name(d, "store output");
    for (const Result &result : results)
      for (int64_t index = 0; index < boxes; ++index)
        storeBox(d, rowsOf(result.tensorMap, head), offsetOf(result, index),
                 firstOwn + consumer * 64, d.constant(index * box.columns()),
                 /*accumulate=*/false);
    commitStores(d);
    waitForStores(d, 0);
  });
}
