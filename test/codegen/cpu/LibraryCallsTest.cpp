//===----------------------------------------------------------------------===//
// No row kernel calls libm (or anything but the C library's memory functions):
// a call per lane costs ten times what a polynomial does.
//===----------------------------------------------------------------------===//
#include "codegen/binary/ObjectEmitter.h"
#include "codegen/cpu/CrossEntropy.h"
#include "codegen/cpu/Embedding.h"
#include "codegen/cpu/LowerToLLVM.h"
#include "codegen/cpu/Norm.h"
#include "codegen/cpu/Optimizer.h"
#include "codegen/cpu/Pointwise.h"
#include "codegen/cpu/Reduction.h"
#include "codegen/cpu/Rope.h"
#include "test/codegen/cpu/RowsTest.h"

#include "mlir/IR/Builders.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Object/ObjectFile.h"

#include <set>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

class LibraryCallsTest : public RowsTest {};
FLM_INSTANTIATE_ROWS_TEST(LibraryCallsTest);

/// The symbols that the module's machine code leaves for the linker.
std::set<std::string> undefinedSymbols(mlir::ModuleOp module,
                                       const CpuTarget &target) {
  mlir::PassManager passes(module.getContext());
  addLowerToLLVM(passes, target);
  if (mlir::failed(passes.run(module)))
    return {"nothing: the lowering failed"};
  auto object = llvm::cantFail(
      flm::binary::emit(module, target, flm::binary::EmitKind::Object));
  auto file = llvm::cantFail(
      llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(
          llvm::StringRef(object.data(), object.size()), "kernels.o")));
  std::set<std::string> names;
  for (const llvm::object::SymbolRef &symbol : file->symbols())
    if (llvm::cantFail(symbol.getFlags()) &
        llvm::object::SymbolRef::SF_Undefined)
      names.insert(llvm::cantFail(symbol.getName()).str());
  names.erase("");
  return names;
}

} // namespace

TEST_P(LibraryCallsTest, AreNone) {
  mlir::OpBuilder b = builder();
  mlir::Type f32 = type(Kind::F32);
  const CpuTarget &cpu = target();
  for (Kind kind : kinds()) {
    mlir::Type element = type(kind);
    NormProblem norm = {37, 100, 1e-5, element, f32};
    buildRmsNorm(b, loc(), symbol(), norm, cpu);
    buildRmsNormGradX(b, loc(), symbol(), norm, cpu);
    buildRmsNormGradGainPartials(b, loc(), symbol(), norm, cpu);
    buildLayerNorm(b, loc(), symbol(), norm, cpu);
    buildLayerNormGradX(b, loc(), symbol(), norm, cpu);
    buildLayerNormGradGainPartials(b, loc(), symbol(), norm, cpu);
    buildRowSumPartials(b, loc(), symbol(), 37, 100, element, cpu);
    buildRope(b, loc(), symbol(), {2, 5, 3, 20, true, element}, cpu);
    PointwiseProblem pointwise = {100003, element};
    buildSiluMul(b, loc(), symbol(), pointwise, cpu);
    buildSiluMulGrad(b, loc(), symbol(), pointwise, cpu);
    buildAdd(b, loc(), symbol(), 3, pointwise, cpu);
    buildScale(b, loc(), symbol(), 0.5, pointwise, cpu);
    buildScaleBy(b, loc(), symbol(), pointwise, cpu);
    buildFill(b, loc(), symbol(), 0, pointwise, cpu);
    buildCopy(b, loc(), symbol(), 100003, cpu);
    buildCast(b, loc(), symbol(), f32, pointwise, cpu);
    EmbeddingProblem embedding = {37, 50, 20, element, f32};
    buildEmbedding(b, loc(), symbol(), embedding, cpu);
    buildEmbeddingGrad(b, loc(), symbol(), embedding, false, cpu);
    CrossEntropyProblem loss = {37, 257, 260, element};
    buildReduceMax(b, loc(), symbol(), loss, cpu);
    buildSumExp(b, loc(), symbol(), loss, cpu);
    buildPick(b, loc(), symbol(), loss, cpu);
    buildCrossEntropy(b, loc(), symbol(), loss, cpu);
    buildCrossEntropyGrad(b, loc(), symbol(), loss, cpu);
    for (Summand summand :
         {Summand::Element, Summand::Square, Summand::Magnitude})
      buildChunkSums(b, loc(), symbol(), {100003, summand, element}, cpu);
  }
  buildFoldRows(b, loc(), symbol(), 5, 100, false, cpu);
  buildNll(b, loc(), symbol(), 37, cpu);
  buildFoldChunkSums(b, loc(), symbol(), 5, 0.5, cpu);
  buildClip(b, loc(), symbol());
  buildAdamW(b, loc(), symbol(), {100003, 1, 1, 1}, cpu);

  for (const std::string &name : undefinedSymbols(module(), cpu))
    EXPECT_TRUE(name == "memset" || name == "memcpy" || name == "memmove")
        << "a kernel calls " << name;
}
