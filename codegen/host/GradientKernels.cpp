//===----------------------------------------------------------------------===//
// Which kernels the gradients of ops need.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/BufferMap.h"
#include "codegen/cpu/Attention.h"
#include "codegen/cpu/Embedding.h"
#include "codegen/cpu/Gemm.h"
#include "codegen/cpu/Norm.h"
#include "codegen/cpu/Pointwise.h"
#include "codegen/host/KernelLibrary.h"
#include "codegen/host/KernelShapes.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

LogicalResult KernelLibrary::launchGradientOp(Operation *op, Site site,
                                              bool &handled) {
  Location loc = op->getLoc();
  auto buffer = [](Value value) { return bufferOf(value); };
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](EmbeddingGradOp grad) -> LogicalResult {
        Matrix dy(grad.getDy());
        int64_t vocab = Matrix(grad.getDtable()).rows;
        bool accumulate = static_cast<bool>(grad.getInto());
        if (accumulate && failed(copy(loc, buffer(grad.getInto()),
                                      buffer(grad.getDtable()), site)))
          return failure();
        EmbeddingProblem problem{dy.rows, vocab, dy.columns, f32, f32};
        return launch(
            loc,
            (accumulate ? "embedding_grad_into_" : "embedding_grad_") +
                sizes({dy.rows, vocab, dy.columns}),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildEmbeddingGrad(b, l, s, problem, accumulate, target);
            },
            {buffer(grad.getDy()), buffer(grad.getTokens()),
             buffer(grad.getDtable())},
            site);
      })
      .Case([&](LinearGradXOp grad) {
        Matrix dy(grad.getDy()), dx(grad.getDx());
        GemmProblem problem{GemmLayout::NN, dx.rows, dx.columns,
                            dy.columns,     f32,     f32};
        return launch(
            loc, "gemm_nn_" + sizes({problem.m, problem.n, problem.k}),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildGemmKernel(b, l, s, problem,
                                     selectGemmSchedule(problem, target),
                                     target);
            },
            {buffer(grad.getDy()), buffer(grad.getW()), buffer(grad.getDx())},
            site);
      })
      .Case([&](LinearGradWOp grad) -> LogicalResult {
        Matrix dw(grad.getDw());
        bool accumulate = static_cast<bool>(grad.getInto());
        if (accumulate && failed(copy(loc, buffer(grad.getInto()),
                                      buffer(grad.getDw()), site)))
          return failure();
        GemmProblem problem{GemmLayout::TN,
                            dw.rows,
                            dw.columns,
                            Matrix(grad.getDy()).rows,
                            f32,
                            f32,
                            accumulate};
        return launch(
            loc,
            (accumulate ? "gemm_tn_into_" : "gemm_tn_") +
                sizes({problem.m, problem.n, problem.k}),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildGemmKernel(b, l, s, problem,
                                     selectGemmSchedule(problem, target),
                                     target);
            },
            {buffer(grad.getDy()), buffer(grad.getX()), buffer(grad.getDw())},
            site);
      })
      .Case([&](RmsNormGradXOp grad) {
        Matrix x(grad.getX());
        double eps = grad.getEps().convertToDouble();
        RmsNormProblem problem{x.rows, x.columns, eps, f32, f32};
        return launch(
            loc,
            "rms_norm_grad_x_" + sizes({x.rows, x.columns}) + "_eps" +
                constant(eps),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildRmsNormGradX(b, l, s, problem, target);
            },
            {buffer(grad.getDy()), buffer(grad.getX()), buffer(grad.getG()),
             buffer(grad.getDx())},
            site);
      })
      .Case([&](RmsNormGradGOp grad) -> LogicalResult {
        Matrix x(grad.getX());
        double eps = grad.getEps().convertToDouble();
        RmsNormProblem problem{x.rows, x.columns, eps, f32, f32};
        BufferAttr partials = bufferAt(op, 1);
        if (failed(launch(
                loc,
                "rms_norm_grad_g_" + sizes({x.rows, x.columns}) + "_eps" +
                    constant(eps),
                [&](OpBuilder &b, Location l, StringRef s) {
                  return buildRmsNormGradGainPartials(b, l, s, problem, target);
                },
                {buffer(grad.getDy()), buffer(grad.getX()), partials}, site)))
          return failure();
        int64_t chunks = rmsNormChunks(x.rows);
        return launch(
            loc, "fold_rows_" + sizes({chunks, x.columns}),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildFoldRows(b, l, s, chunks, x.columns,
                                   /*accumulate=*/false, target);
            },
            {partials, buffer(grad.getDg())}, site);
      })
      .Case([&](AttentionGradOp grad) {
        AttentionProblem problem =
            attentionProblem(grad.getQ(), grad.getCausal(), f32);
        return launch(
            loc, "attention_grad_" + describe(problem),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildAttentionBackward(b, l, s, problem, target);
            },
            {buffer(grad.getDy()), buffer(grad.getQ()), buffer(grad.getK()),
             buffer(grad.getV()), buffer(grad.getY()), buffer(grad.getLse()),
             buffer(grad.getDq()), buffer(grad.getDk()), buffer(grad.getDv())},
            site);
      })
      .Case([&](SiluMulGradOp grad) {
        int64_t count = typeOf(grad.getDy()).numElements();
        return launch(
            loc, "silu_mul_grad_" + Twine(count),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildSiluMulGrad(b, l, s, {count, f32}, target);
            },
            {buffer(grad.getDy()), buffer(grad.getGate()), buffer(grad.getUp()),
             buffer(grad.getDgate()), buffer(grad.getDup())},
            site);
      })
      .Default([&](Operation *) {
        handled = false;
        return success();
      });
}
