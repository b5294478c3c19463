//===----------------------------------------------------------------------===//
// Attention kernels: what they call, how many tasks they have, what they
// refuse, and the exponential they are made of.
//===----------------------------------------------------------------------===//
#include "codegen/binary/ObjectEmitter.h"
#include "codegen/cpu/Attention.h"
#include "codegen/cpu/AttentionBuilder.h"
#include "codegen/cpu/LowerToLLVM.h"
#include "test/codegen/cpu/KernelJit.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Object/ObjectFile.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace flm::cpu;
using namespace flm::cpu::test;

namespace {

class AttentionLowering : public testing::Test {
protected:
  KernelTest test;
  mlir::OpBuilder builder = test.builder();
};

/// The symbols that the machine code of `module` leaves for the linker.
std::vector<std::string> undefinedSymbols(mlir::ModuleOp module,
                                          const CpuTarget &target) {
  mlir::PassManager passes(module.getContext());
  addLowerToLLVM(passes, target);
  EXPECT_TRUE(mlir::succeeded(passes.run(module)));
  auto object = llvm::cantFail(
      flm::binary::emit(module, target, flm::binary::EmitKind::Object));
  auto file = llvm::cantFail(llvm::object::ObjectFile::createObjectFile(
      {llvm::StringRef(object.data(), object.size()), "kernels.o"}));
  std::vector<std::string> names;
  for (const llvm::object::SymbolRef &symbol : file->symbols())
    if (llvm::cantFail(symbol.getFlags()) &
        llvm::object::SymbolRef::SF_Undefined)
      if (llvm::StringRef name = llvm::cantFail(symbol.getName());
          !name.empty())
        names.push_back(name.str());
  return names;
}

class AttentionCalls : public AttentionLowering,
                       public testing::WithParamInterface<const char *> {};

TEST_P(AttentionCalls, NoLibraryFunctionButMemoryOnes) {
  CpuTarget target = llvm::cantFail(namedTarget(GetParam()));
  for (mlir::Type type :
       {mlir::Type(builder.getF32Type()), mlir::Type(builder.getBF16Type())}) {
    AttentionProblem problem{2, 130, 3, 20, true, type};
    std::string name = type.isF32() ? "f32" : "bf16";
    buildAttentionForward(builder, test.loc(), name, problem, target);
    buildAttentionBackward(builder, test.loc(), name + "_backward", problem,
                           target);
  }
  for (const std::string &name : undefinedSymbols(test.module(), target))
    EXPECT_TRUE(name == "memset" || name == "memcpy")
        << "a kernel calls " << name;
}

INSTANTIATE_TEST_SUITE_P(Targets, AttentionCalls,
                         testing::Values("native", "haswell", "x86-64-v2"));

TEST_F(AttentionLowering, TasksDependOnTheProblemAlone) {
  auto tasks = [&](auto build, int64_t batch, int64_t seq, int64_t heads) {
    AttentionProblem problem{batch, seq, heads, 64, true, builder.getF32Type()};
    CpuKernel kernel =
        build(builder, test.loc(), "kernel", problem, hostTarget());
    int64_t count = kernel.tasks;
    kernel.function.erase();
    return count;
  };
  // One head is not enough for the threads of a machine.
  EXPECT_EQ(tasks(buildAttentionForward, 1, 4096, 1), 16);
  EXPECT_EQ(tasks(buildAttentionForward, 8, 1024, 12), 96);
  EXPECT_EQ(tasks(buildAttentionBackward, 8, 1024, 12), 96);
}

TEST_F(AttentionLowering, UnsupportedTypeIsAnError) {
  AttentionProblem problem{1, 8, 1, 8, true, builder.getF64Type()};
  std::string message;
  mlir::ScopedDiagnosticHandler handler(
      &test.context(),
      [&](mlir::Diagnostic &diagnostic) { message = diagnostic.str(); });
  CpuKernel kernel =
      buildAttentionForward(builder, test.loc(), "f64", problem, hostTarget());
  EXPECT_FALSE(kernel.function);
  EXPECT_NE(message.find("found 'f64'"), std::string::npos) << message;
}

/// Applies the exponential of the kernels to `x`, whole vectors.
std::vector<float> exp2OfKernels(KernelTest &test, std::vector<float> x) {
  CpuTarget target = hostTarget();
  mlir::OpBuilder at = test.builder();
  AttentionBuilder b(at, test.loc(), target.lanes());
  x.resize(x.size() / b.lanes * b.lanes);
  auto type = mlir::MemRefType::get(x.size(), b.getF32Type());
  mlir::func::FuncOp function = b.beginKernel("exp2_of", {type});
  mlir::Value buffer = function.getArgument(0);
  b.loop(x.size(), b.lanes,
         [&](Index i) { b.store(b.exp2(b.load(buffer, {i})), buffer, {i}); });
  if (auto jit = KernelJit::compile(test.module(), target))
    jit->run("exp2_of", {x.data()}, 1, 0);
  return x;
}

TEST_F(AttentionLowering, Exp2IsWithinTwoUnitsInTheLastPlace) {
  std::vector<float> x;
  for (float value = -126.0f; value < 4.0f; value += 0x1.1p-10f)
    x.push_back(value);
  std::vector<float> found = exp2OfKernels(test, x);
  double worst = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    double exact = std::exp2(double(x[i]));
    double unit = std::exp2(std::floor(double(x[i])) - 23);
    worst = std::max(worst, std::abs(found[i] - exact) / unit);
  }
  EXPECT_LT(worst, 2.0);
  RecordProperty("worst-units", std::to_string(worst));
}

TEST_F(AttentionLowering, Exp2IsExactAtTheEnds) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  std::vector<float> x(64, 0.0f);
  std::vector<std::pair<float, float>> exact = {
      {0.0f, 1.0f}, {-0.0f, 1.0f},  {-1.0f, 0.5f},   {1.0f, 2.0f},
      {-inf, 0.0f}, {-1e30f, 0.0f}, {-127.0f, 0.0f}, {-126.0f, 0x1p-126f}};
  for (size_t i = 0; i < exact.size(); ++i)
    x[i] = exact[i].first;
  x[exact.size()] = NAN;
  std::vector<float> found = exp2OfKernels(test, x);
  for (size_t i = 0; i < exact.size(); ++i)
    EXPECT_EQ(found[i], exact[i].second) << "2^" << exact[i].first;
  EXPECT_TRUE(std::isnan(found[exact.size()]));
}

} // namespace
