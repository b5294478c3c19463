//===----------------------------------------------------------------------===//
// Which kernels the ops of a forward pass need.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/BufferMap.h"
#include "codegen/buffers/StateTables.h"
#include "codegen/cpu/Attention.h"
#include "codegen/cpu/Embedding.h"
#include "codegen/cpu/Gemm.h"
#include "codegen/cpu/Norm.h"
#include "codegen/cpu/Pointwise.h"
#include "codegen/cpu/Rope.h"
#include "codegen/host/KernelLibrary.h"
#include "codegen/host/KernelShapes.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

LogicalResult KernelLibrary::launchModelOp(Operation *op, Site site,
                                           bool &handled) {
  Location loc = op->getLoc();
  auto buffer = [](Value value) { return bufferOf(value); };
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](EmbeddingOp embedding) {
        Matrix y(embedding.getY());
        int64_t vocab = Matrix(embedding.getTable()).rows;
        EmbeddingProblem problem{y.rows, vocab, y.columns, f32, f32};
        return launch(
            loc, "embedding_" + sizes({y.rows, vocab, y.columns}),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildEmbedding(b, l, s, problem, target);
            },
            {buffer(embedding.getTokens()), buffer(embedding.getTable()),
             buffer(embedding.getY())},
            site);
      })
      .Case([&](LocalTokensOp local) -> LogicalResult {
        BufferAttr rank = coordinateOf(op, local.getAxis());
        if (!rank)
          return local.emitOpError()
                 << "needs this rank's index on " << local.getAxisAttr()
                 << ", which the mesh does not have";
        int64_t count = typeOf(local.getX()).numElements();
        int64_t size = local.getSize();
        return launch(
            loc, "local_tokens_" + Twine(count) + "_of" + Twine(size),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildLocalTokens(b, l, s, count, size, target);
            },
            {buffer(local.getX()), rank, buffer(local.getY())}, site);
      })
      .Case([&](LinearOp linear) {
        Matrix x(linear.getX()), y(linear.getY());
        GemmProblem problem{GemmLayout::NT, y.rows, y.columns,
                            x.columns,      f32,    f32};
        return launch(
            loc, "gemm_nt_" + sizes({problem.m, problem.n, problem.k}),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildGemmKernel(b, l, s, problem,
                                     selectGemmSchedule(problem, target),
                                     target);
            },
            {buffer(linear.getX()), buffer(linear.getW()),
             buffer(linear.getY())},
            site);
      })
      .Case([&](RmsNormOp norm) {
        Matrix x(norm.getX());
        double eps = norm.getEps().convertToDouble();
        RmsNormProblem problem{x.rows, x.columns, eps, f32, f32};
        return launch(
            loc,
            "rms_norm_" + sizes({x.rows, x.columns}) + "_eps" + constant(eps),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildRmsNorm(b, l, s, problem, target);
            },
            {buffer(norm.getX()), buffer(norm.getG()), buffer(norm.getY())},
            site);
      })
      .Case([&](RopeOp rope) -> LogicalResult {
        AttentionProblem shape = attentionProblem(rope.getX(), false, f32);
        RopeProblem problem{shape.batch,   shape.seq,         shape.heads,
                            shape.headDim, rope.getInverse(), f32};
        BufferAttr table = ropeTable(rope);
        if (!table)
          return rope.emitError(
              "has no table; the stage `buffers` has not run");
        return launch(
            loc,
            (rope.getInverse() ? "rope_inverse_" : "rope_") +
                sizes({shape.batch, shape.seq, shape.heads, shape.headDim}),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildRope(b, l, s, problem, target);
            },
            {buffer(rope.getX()), table, buffer(rope.getY())}, site);
      })
      .Case([&](AttentionOp attention) {
        AttentionProblem problem =
            attentionProblem(attention.getQ(), attention.getCausal(), f32);
        // Without a reader the log-sum-exp goes to the temporaries.
        BufferAttr lse = attention.getLse() ? buffer(attention.getLse())
                                            : bufferAt(op, op->getNumResults());
        return launch(
            loc, "attention_" + describe(problem),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildAttentionForward(b, l, s, problem, target);
            },
            {buffer(attention.getQ()), buffer(attention.getK()),
             buffer(attention.getV()), buffer(attention.getY()), lse},
            site);
      })
      .Case([&](SiluMulOp silu) {
        int64_t count = typeOf(silu.getY()).numElements();
        return launch(
            loc, "silu_mul_" + Twine(count),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildSiluMul(b, l, s, {count, f32}, target);
            },
            {buffer(silu.getGate()), buffer(silu.getUp()), buffer(silu.getY())},
            site);
      })
      .Case([&](AddOp add) {
        int64_t count = typeOf(add.getY()).numElements();
        auto inputs = static_cast<int64_t>(add.getValues().size());
        SmallVector<BufferAttr> buffers =
            llvm::map_to_vector(add.getValues(), buffer);
        buffers.push_back(buffer(add.getY()));
        return launch(
            loc, "add" + Twine(inputs) + "_" + Twine(count),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildAdd(b, l, s, inputs, {count, f32}, target);
            },
            buffers, site);
      })
      .Case([&](ScaleOp scale) {
        int64_t count = typeOf(scale.getY()).numElements();
        double factor = scale.multiplier();
        return launch(
            loc, "scale_" + Twine(count) + "_by" + constant(factor),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildScale(b, l, s, factor, {count, f32}, target);
            },
            {buffer(scale.getX()), buffer(scale.getY())}, site);
      })
      .Default([&](Operation *) {
        handled = false;
        return success();
      });
}
