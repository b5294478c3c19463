//===----------------------------------------------------------------------===//
// Kernels of attention and of rotary position embeddings.
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Attention.h"

#include "codegen/buffers/StateTables.h"
#include "codegen/cpu/Rope.h"
#include "codegen/cpu/rules/KernelShapes.h"
#include "codegen/cpu/rules/Rules.h"

using namespace mlir;
using namespace flm;
using namespace flm::cpu;

/// The attention whose queries `q` are.
static AttentionProblem problemOf(Value q, bool causal, Type elementType) {
  NamedTensorType query = typeOf(q);
  ArrayRef<DimAttr> dims = query.getDims();
  AttentionProblem problem;
  problem.seq = dims[dims.size() - 2].size();
  problem.heads = dims.back().getSizes().front();
  problem.headDim = dims.back().getSizes().back();
  problem.batch =
      query.numElements() / (problem.seq * problem.heads * problem.headDim);
  problem.causal = causal;
  problem.elementType = elementType;
  return problem;
}

/// "8x256x4x64_causal".
static std::string describe(const AttentionProblem &problem) {
  return sizes({problem.batch, problem.seq, problem.heads, problem.headDim}) +
         (problem.causal ? "_causal" : "");
}

static LogicalResult rope(RopeOp op, Launcher &to) {
  AttentionProblem shape = problemOf(op.getX(), /*causal=*/false, to.f32());
  RopeProblem problem{shape.batch,   shape.seq,       shape.heads,
                      shape.headDim, op.getInverse(), to.f32()};
  BufferAttr table = ropeTable(op);
  if (!table)
    return op.emitError("has no table; the stage `buffers` has not run");
  return to.launch((op.getInverse() ? "rope_inverse_" : "rope_") +
                       describe(shape),
                   {op.getX(), table, op.getY()}, buildRope, problem);
}

static LogicalResult attention(AttentionOp op, Launcher &to) {
  AttentionProblem problem = problemOf(op.getQ(), op.getCausal(), to.f32());
  // Without a reader the log-sum-exp goes to the temporaries.
  Bytes lse = op.getLse() ? Bytes(op.getLse()) : Bytes(to.temporaries());
  return to.launch("attention_" + describe(problem),
                   {op.getQ(), op.getK(), op.getV(), op.getY(), lse},
                   buildAttentionForward, problem);
}

/// The kernel writes the log-sum-exp also where nobody reads it.
static int64_t attentionTemporaries(AttentionOp op) {
  return op.getLse() ? 0 : AttentionOp::lseType(typeOf(op.getQ())).bytes();
}

static LogicalResult attentionGrad(AttentionGradOp op, Launcher &to) {
  AttentionProblem problem = problemOf(op.getQ(), op.getCausal(), to.f32());
  return to.launch("attention_grad_" + describe(problem),
                   {op.getDy(), op.getQ(), op.getK(), op.getV(), op.getY(),
                    op.getLse(), op.getDq(), op.getDk(), op.getDv()},
                   buildAttentionBackward, problem);
}

void flm::cpu::addAttentionRules(KernelRules &rules) {
  allowInPlace(addRule<RopeOp, rope>(rules), {{0, 0}});
  needTemporaries<AttentionOp, attentionTemporaries>(
      addRule<AttentionOp, attention>(rules));
  addRule<AttentionGradOp, attentionGrad>(rules);
}
