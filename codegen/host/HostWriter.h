//===----------------------------------------------------------------------===//
// Writes the host function of one program.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_HOST_HOSTWRITER_H
#define FLM_CODEGEN_HOST_HOSTWRITER_H

#include "codegen/target/KernelLibrary.h"
#include "dialects/flm/Pipeline.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace flm {

class HostWriter {
public:
  HostWriter(ProgramOp program, KernelLibrary &kernels)
      : program(program), kernels(kernels), host(program) {}

  mlir::LogicalResult write();

private:
  mlir::LogicalResult writeBlock(mlir::Block &block);
  mlir::LogicalResult writeOp(mlir::Operation *op);
  mlir::LogicalResult writeReturn(ReturnOp result);
  mlir::LogicalResult writeLoop(LoopOp loop);
  mlir::LogicalResult writeIteration(LoopOp loop);

  // WritePipeline.cpp
  mlir::LogicalResult writeAt(llvm::ArrayRef<mlir::Operation *> run);
  mlir::Value stageOn(mlir::StringAttr axis);
  mlir::Value isAt(mlir::Location loc, AxisStateAttr at);
  mlir::LogicalResult writePipeline(PipelineOp pipeline);
  mlir::LogicalResult writeTick(PipelineOp pipeline, mlir::Value tick,
                                mlir::Value warmup);
  mlir::LogicalResult writePass(PipelineOp pipeline, mlir::Value index,
                                bool forward);
  mlir::LogicalResult writeSaves(PipelineOp pipeline);
  mlir::LogicalResult writeNextCarries(PipelineOp pipeline);

  KernelLibrary::Site site() { return {host, slots}; }
  mlir::Value index(mlir::Location loc, int64_t value);

  ProgramOp program;
  KernelLibrary &kernels;
  mlir::OpBuilder host;
  /// Of the loops and pipelines around, outermost first.
  llvm::SmallVector<mlir::Value> slots;
  /// This rank's index on mesh axes, asked for when the function begins.
  llvm::DenseMap<mlir::StringAttr, mlir::Value> stages;
  /// The block of layers that is being run, of how many; null: there is one.
  mlir::Value chunk;
  int64_t chunks = 1;
};

} // namespace flm

#endif // FLM_CODEGEN_HOST_HOSTWRITER_H
