//===----------------------------------------------------------------------===//
// flm-approximate-math: transcendental functions as vector arithmetic.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace flm::cpu {
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "codegen/cpu/Passes.h.inc"
} // namespace flm::cpu

using namespace mlir;

namespace {

/// fma(a, b, c) -> a * b + c, for CPUs where an fma would be a libm call.
struct SplitFma : OpRewritePattern<math::FmaOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::FmaOp op,
                                PatternRewriter &rewriter) const override {
    Value product =
        arith::MulFOp::create(rewriter, op.getLoc(), op.getA(), op.getB());
    rewriter.replaceOpWithNewOp<arith::AddFOp>(op, product, op.getC());
    return success();
  }
};

/// Whether LLVM turns `op` on vectors into instructions rather than calls.
bool hasVectorInstruction(Operation *op) {
  return isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp,
             math::CountLeadingZerosOp, math::CountTrailingZerosOp,
             math::CtPopOp, math::FloorOp, math::FmaOp, math::IsFiniteOp,
             math::IsInfOp, math::IsNaNOp, math::IsNormalOp, math::RoundEvenOp,
             math::RsqrtOp, math::SqrtOp, math::TruncOp>(op);
}

struct ApproximateMath : flm::cpu::impl::ApproximateMathBase<ApproximateMath> {
  using ApproximateMathBase::ApproximateMathBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    // rsqrt stays 1 / sqrt: exact, and both are instructions.
    auto approximated = [](StringRef name) { return name != "math.rsqrt"; };
    populateMathF32ExpansionPatterns(patterns, approximated);
    populateMathPolynomialApproximationPatterns(patterns, approximated);
    // What has no polynomial of its own, in terms of what has.
    math::populateExpansionPatterns(patterns,
                                    {"exp2", "sinh", "cosh", "tan", "powf"});
    if (!fusedMultiplyAdd)
      patterns.add<SplitFma>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();

    WalkResult result = getOperation()->walk([](Operation *op) {
      if (!isa_and_nonnull<math::MathDialect>(op->getDialect()) ||
          !llvm::any_of(op->getResultTypes(), llvm::IsaPred<VectorType>) ||
          hasVectorInstruction(op))
        return WalkResult::advance();
      op->emitOpError("has no vector approximation on ")
          << op->getResult(0).getType()
          << " and would call libm once per lane; compute it in f32, or give "
             "it a polynomial in the pass flm-approximate-math";
      return WalkResult::interrupt();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
