//===----------------------------------------------------------------------===//
// The CPU kernels of a module, each built once, and which of them an op needs.
//===----------------------------------------------------------------------===//
#include "codegen/host/KernelLibrary.h"

#include "codegen/cpu/Attention.h"
#include "codegen/cpu/CrossEntropy.h"
#include "codegen/cpu/Embedding.h"
#include "codegen/cpu/Gemm.h"
#include "codegen/cpu/Norm.h"
#include "codegen/cpu/Optimizer.h"
#include "codegen/cpu/Pointwise.h"
#include "codegen/cpu/Reduction.h"
#include "codegen/cpu/Rope.h"
#include "codegen/plan/BufferMap.h"
#include "dialects/flm/TypeSyntax.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

KernelLibrary::KernelLibrary(ModuleOp module, const CpuTarget &target)
    : module(module), target(target),
      f32(Float32Type::get(module.getContext())) {}

//===----------------------------------------------------------------------===//
// Launching
//===----------------------------------------------------------------------===//

LogicalResult KernelLibrary::launch(Location loc, const Twine &symbol,
                                    const Build &build,
                                    ArrayRef<BufferAttr> buffers, Site site) {
  std::string name = symbol.str();
  auto [it, fresh] = kernels.try_emplace(name);
  if (fresh) {
    OpBuilder builder(module.getContext());
    builder.setInsertionPointToStart(module.getBody());
    FailureOr<CpuKernel> kernel = build(builder, loc, name);
    if (failed(kernel) || !kernel->function)
      return failure();
    it->second = *kernel;
    workspace = std::max(workspace, kernel->workspaceBytes);
  }
  SmallVector<Attribute> attributes(buffers.begin(), buffers.end());
  Builder &b = site.host;
  LaunchOp::create(site.host, loc, FlatSymbolRefAttr::get(b.getContext(), name),
                   b.getI64IntegerAttr(it->second.tasks),
                   b.getArrayAttr(attributes), site.slots);
  return success();
}

LogicalResult KernelLibrary::copy(Location loc, BufferAttr from, BufferAttr to,
                                  Site site) {
  if (from == to)
    return success();
  int64_t count = to.getBytes() / 4;
  return launch(
      loc, "copy_" + Twine(count),
      [&](OpBuilder &b, Location l, StringRef s) {
        return buildCopy(b, l, s, {count, f32}, target);
      },
      {from, to}, site);
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Rows and columns of a tensor, its leading dims taken together.
struct Matrix {
  int64_t rows, columns;
  explicit Matrix(Value value) {
    NamedTensorType type = typeOf(value);
    columns = type.getDims().back().size();
    rows = type.numElements() / columns;
  }
};

static std::string sizes(ArrayRef<int64_t> values) {
  std::string text;
  for (int64_t value : values)
    text += (text.empty() ? "" : "x") + std::to_string(value);
  return text;
}

/// Part of a symbol that tells kernels with different constants apart.
static std::string constant(double value) { return shortFloat(value); }

static AttentionProblem attentionProblem(Value q, bool causal, Type type) {
  NamedTensorType query = typeOf(q);
  ArrayRef<DimAttr> dims = query.getDims();
  AttentionProblem problem;
  problem.seq = dims[dims.size() - 2].size();
  problem.heads = dims.back().getSizes().front();
  problem.headDim = dims.back().getSizes().back();
  problem.batch =
      query.numElements() / (problem.seq * problem.heads * problem.headDim);
  problem.causal = causal;
  problem.elementType = type;
  return problem;
}

static std::string describe(const AttentionProblem &problem) {
  return sizes({problem.batch, problem.seq, problem.heads, problem.headDim}) +
         (problem.causal ? "_causal" : "");
}

//===----------------------------------------------------------------------===//
// Forward ops
//===----------------------------------------------------------------------===//

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
        BufferAttr table;
        for (auto known : module->getAttrOfType<ArrayAttr>("flm.tables")
                              .getAsRange<DictionaryAttr>())
          if (known.getAs<FloatAttr>("theta") == rope.getThetaAttr() &&
              known.getAs<IntegerAttr>("seq").getInt() == shape.seq &&
              known.getAs<IntegerAttr>("head_dim").getInt() == shape.headDim)
            table = BufferAttr::get(op->getContext(), Arena::State, 0,
                                    known.getAs<IntegerAttr>("offset").getInt(),
                                    shape.seq * shape.headDim * 4, {});
        if (!table)
          return rope.emitError("has no table; the plan has not run");
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

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// Losses and reductions
//===----------------------------------------------------------------------===//

LogicalResult KernelLibrary::launchReduction(Operation *op, Value x,
                                             double factor, Site site) {
  Summand summand = isa<SumSquaresOp>(op) ? Summand::Square
                    : isa<MeanAbsOp>(op)  ? Summand::Magnitude
                                          : Summand::Element;
  StringRef kind = op->getName().stripDialect();
  int64_t count = typeOf(x).numElements();
  BufferAttr partials = bufferAt(op, 1);
  if (failed(launch(
          op->getLoc(), kind + "_" + Twine(count),
          [&](OpBuilder &b, Location l, StringRef s) {
            return buildChunkSums(b, l, s, {count, summand, f32}, target);
          },
          {bufferOf(x), partials}, site)))
    return failure();
  int64_t chunks = reductionChunks(count);
  return launch(
      op->getLoc(), "fold_" + Twine(chunks) + "_by" + constant(factor),
      [&](OpBuilder &b, Location l, StringRef s) {
        return buildFoldChunkSums(b, l, s, chunks, factor, target);
      },
      {partials, bufferOf(op->getResult(0))}, site);
}

LogicalResult KernelLibrary::launchLossOp(Operation *op, Site site,
                                          bool &handled) {
  Location loc = op->getLoc();
  auto buffer = [](Value value) { return bufferOf(value); };
  auto problemOf = [&](Value logits, DimAttr valid) {
    Matrix shape(logits);
    return CrossEntropyProblem{shape.rows, valid ? valid.size() : shape.columns,
                               shape.columns, f32};
  };
  auto describe = [](const CrossEntropyProblem &problem) {
    return sizes({problem.rows, problem.vocab, problem.paddedVocab});
  };
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](ReduceMaxOp reduce) {
        auto problem = problemOf(reduce.getLogits(), reduce.getValidAttr());
        return launch(
            loc, "reduce_max_" + describe(problem),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildReduceMax(b, l, s, problem, target);
            },
            {buffer(reduce.getLogits()), buffer(reduce.getY())}, site);
      })
      .Case([&](SumExpOp sum) {
        auto problem = problemOf(sum.getLogits(), sum.getValidAttr());
        return launch(
            loc, "sum_exp_" + describe(problem),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildSumExp(b, l, s, problem, target);
            },
            {buffer(sum.getLogits()), buffer(sum.getMax()), buffer(sum.getY())},
            site);
      })
      .Case([&](PickOp pick) {
        auto problem = problemOf(pick.getLogits(), {});
        return launch(
            loc, "pick_" + describe(problem),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildPick(b, l, s, problem, target);
            },
            {buffer(pick.getLogits()), buffer(pick.getTargets()),
             buffer(pick.getY())},
            site);
      })
      .Case([&](NllOp nll) {
        int64_t rows = typeOf(nll.getY()).numElements();
        return launch(
            loc, "nll_" + Twine(rows),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildNll(b, l, s, rows, target);
            },
            {buffer(nll.getSumExp()), buffer(nll.getMax()),
             buffer(nll.getPicked()), buffer(nll.getY())},
            site);
      })
      .Case([&](CrossEntropyGradOp grad) {
        auto problem = problemOf(grad.getLogits(), grad.getValidAttr());
        return launch(
            loc, "cross_entropy_grad_" + describe(problem),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildCrossEntropyGrad(b, l, s, problem, target);
            },
            {buffer(grad.getLogits()), buffer(grad.getMax()),
             buffer(grad.getSumExp()), buffer(grad.getTargets()),
             buffer(grad.getSeed()), buffer(grad.getDlogits())},
            site);
      })
      .Case<SumOp, SumSquaresOp>([&](auto reduction) {
        return launchReduction(op, reduction.getX(), 1.0, site);
      })
      .Case([&](MeanAbsOp mean) {
        auto count = static_cast<double>(typeOf(mean.getX()).numElements());
        return launchReduction(op, mean.getX(), 1.0 / count, site);
      })
      .Default([&](Operation *) {
        handled = false;
        return success();
      });
}

//===----------------------------------------------------------------------===//
// State and optimizer
//===----------------------------------------------------------------------===//

LogicalResult KernelLibrary::launchTrainOp(Operation *op, Site site,
                                           bool &handled) {
  Location loc = op->getLoc();
  auto buffer = [](Value value) { return bufferOf(value); };
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<ParamOp, StateOp>([](auto) { return success(); })
      .Case([&](UpdateOp update) {
        return copy(loc, buffer(update.getValue()), bufferAt(op, 0), site);
      })
      .Case([&](ReturnOp result) -> LogicalResult {
        for (auto [index, value] : llvm::enumerate(result.getValues()))
          if (failed(copy(loc, buffer(value), bufferAt(op, index), site)))
            return failure();
        return success();
      })
      .Case([&](FillOp fill) {
        int64_t count = typeOf(fill.getY()).numElements();
        double value = fill.getValue().convertToDouble();
        return launch(
            loc, "fill_" + Twine(count) + "_with" + constant(value),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildFill(b, l, s, value, {count, f32}, target);
            },
            {buffer(fill.getY())}, site);
      })
      .Case([&](ClipOp clip) {
        return launch(
            loc, "clip",
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildClip(b, l, s);
            },
            {buffer(clip.getSumsq()), buffer(clip.getHyper()),
             buffer(clip.getNorm()), buffer(clip.getCoef())},
            site);
      })
      .Case([&](AdamWOp step) -> LogicalResult {
        // The kernel updates in place what the results are.
        for (auto [from, to] : {std::pair(step.getParam(), step.getParamNext()),
                                std::pair(step.getM(), step.getMNext()),
                                std::pair(step.getV(), step.getVNext())})
          if (failed(copy(loc, buffer(from), buffer(to), site)))
            return failure();
        AdamWProblem problem{typeOf(step.getParam()).numElements(),
                             step.getLr().convertToDouble(),
                             step.getWd().convertToDouble(),
                             step.getEps().convertToDouble()};
        return launch(
            loc,
            "adamw_" + Twine(problem.count) + "_lr" +
                constant(problem.lrMultiplier) + "_wd" +
                constant(problem.weightDecayMultiplier) + "_eps" +
                constant(problem.epsMultiplier),
            [&](OpBuilder &b, Location l, StringRef s) {
              return buildAdamW(b, l, s, problem, target);
            },
            {buffer(step.getParamNext()), buffer(step.getMNext()),
             buffer(step.getVNext()), buffer(step.getGrad()),
             buffer(step.getCoef()), buffer(step.getHyper())},
            site);
      })
      .Default([&](Operation *) {
        handled = false;
        return success();
      });
}

LogicalResult KernelLibrary::launchOp(Operation *op, Site site) {
  for (auto family :
       {&KernelLibrary::launchModelOp, &KernelLibrary::launchGradientOp,
        &KernelLibrary::launchLossOp, &KernelLibrary::launchTrainOp}) {
    bool handled = true;
    if (failed((this->*family)(op, site, handled)))
      return failure();
    if (handled)
      return success();
  }
  return op->emitOpError("has no kernel for the CPU");
}
