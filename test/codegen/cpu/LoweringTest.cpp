//===----------------------------------------------------------------------===//
// The lowering: entries, workspace, vector mathematics, and its errors.
//===----------------------------------------------------------------------===//
#include "codegen/binary/ObjectEmitter.h"
#include "codegen/cpu/LowerToLLVM.h"
#include "test/codegen/cpu/KernelJit.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace flm::cpu;
using namespace flm::cpu::test;

static mlir::OwningOpRef<mlir::ModuleOp> parse(KernelTest &test,
                                               const std::string &text) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &test.context());
  EXPECT_TRUE(module);
  return module;
}

TEST(Lowering, KernelReadsOperandsWorkspaceAndTask) {
  KernelTest test;
  auto module = parse(test, R"mlir(
    func.func private @scale(%x: memref<4x6xf32>, %y: memref<4x6xf32>,
                             %workspace: memref<?xi8>, %task: index) {
      %c0 = arith.constant 0 : index
      %c64 = arith.constant 64 : index
      %two = arith.constant dense<2.0> : vector<6xf32>
      %copy = memref.view %workspace[%c64][] : memref<?xi8> to memref<6xf32>
      %v = vector.load %x[%task, %c0] : memref<4x6xf32>, vector<6xf32>
      vector.store %v, %copy[%c0] : memref<6xf32>, vector<6xf32>
      %w = vector.load %copy[%c0] : memref<6xf32>, vector<6xf32>
      %s = arith.mulf %w, %two : vector<6xf32>
      vector.store %s, %y[%task, %c0] : memref<4x6xf32>, vector<6xf32>
      return
    })mlir");
  auto jit = KernelJit::compile(*module, hostTarget());
  ASSERT_TRUE(jit);
  std::vector<float> x(24), y(24, -1);
  for (int i = 0; i < 24; ++i)
    x[i] = i;
  jit->run("scale", {x.data(), y.data()}, 4, 64 + 24);
  for (int i = 0; i < 24; ++i)
    EXPECT_EQ(y[i], 2.0f * i);
}

/// Evaluates `@f` = math.<op> on a vector of 16 per call.
static std::vector<float>
evaluate(const std::string &op, const CpuTarget &target, std::vector<float> x) {
  KernelTest test;
  size_t count = x.size();
  x.resize((count + 15) / 16 * 16);
  std::string n = std::to_string(x.size());
  auto module = parse(test, R"mlir(
    func.func private @f(%x: memref<)mlir" +
                                n + R"mlir(xf32>,
        %y: memref<)mlir" + n + R"mlir(xf32>,
        %workspace: memref<?xi8>, %task: index) {
      %c16 = arith.constant 16 : index
      %i = arith.muli %task, %c16 : index
      %v = vector.load %x[%i] : memref<)mlir" +
                                n + R"mlir(xf32>, vector<16xf32>
      %w = math.)mlir" + op + R"mlir( %v : vector<16xf32>
      vector.store %w, %y[%i] : memref<)mlir" +
                                n + R"mlir(xf32>, vector<16xf32>
      return
    })mlir");
  auto jit = KernelJit::compile(*module, target);
  std::vector<float> y(x.size());
  if (jit)
    jit->run("f", {x.data(), y.data()}, x.size() / 16, 0);
  y.resize(count);
  return y;
}

struct MathCase {
  const char *op;
  double (*reference)(double);
  float low, high;
  double tolerance; // in units of 2^-24 of the result
};

class VectorMath : public testing::TestWithParam<MathCase> {};

TEST_P(VectorMath, AgreesWithLibm) {
  MathCase c = GetParam();
  std::vector<float> x;
  for (int i = 0; i <= 20000; ++i)
    x.push_back(c.low + (c.high - c.low) * (i / 20000.0f));
  std::vector<float> y = evaluate(c.op, hostTarget(), x);
  double worst = 0;
  float at = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double want = c.reference(x[i]);
    double error = std::abs(y[i] - want) / std::max(std::abs(want), 1e-30);
    if (!(error <= worst))
      worst = error, at = x[i];
  }
  EXPECT_LE(worst * std::ldexp(1, 24), c.tolerance) << c.op << " at " << at;
}

INSTANTIATE_TEST_SUITE_P(
    Functions, VectorMath,
    testing::Values(
        MathCase{"exp", [](double x) { return std::exp(x); }, -80, 80, 4},
        MathCase{"log", [](double x) { return std::log(x); }, 2, 1e6, 4},
        MathCase{"tanh", [](double x) { return std::tanh(x); }, -9, 9, 8},
        MathCase{"rsqrt", [](double x) { return 1 / std::sqrt(x); }, 1e-3f, 1e6,
                 3},
        MathCase{"sqrt", [](double x) { return std::sqrt(x); }, 1e-3f, 1e6, 1}),
    [](const auto &info) { return std::string(info.param.op); });

TEST(VectorMathEdges, ExpOfInfinitiesAndNaN) {
  float inf = std::numeric_limits<float>::infinity();
  std::vector<float> y =
      evaluate("exp", hostTarget(),
               {-inf, inf, std::nanf(""), 0, -0.0f, -200, -1e30f, 1e30f, 100});
  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[1], inf);
  EXPECT_TRUE(std::isnan(y[2]));
  EXPECT_EQ(y[3], 1);
  EXPECT_EQ(y[4], 1);
  EXPECT_EQ(y[5], 0);
  EXPECT_EQ(y[6], 0);
  EXPECT_EQ(y[7], inf);
  EXPECT_EQ(y[8], inf);
}

/// The names that code compiled for `target` calls.
static std::string assemblyOf(const std::string &body,
                              const CpuTarget &target) {
  KernelTest test;
  auto module = parse(test, R"mlir(
    func.func private @f(%x: memref<16xf32>, %workspace: memref<?xi8>,
                         %task: index) {
      %c0 = arith.constant 0 : index
      %v = vector.load %x[%c0] : memref<16xf32>, vector<16xf32>
      )mlir" + body + R"mlir(
      vector.store %w, %x[%c0] : memref<16xf32>, vector<16xf32>
      return
    })mlir");
  mlir::PassManager passes(&test.context());
  addLowerToLLVM(passes, target);
  if (mlir::failed(passes.run(*module)))
    return "call lowering failed";
  auto text =
      flm::binary::emit(*module, target, flm::binary::EmitKind::Assembly);
  if (!text)
    return "call " + llvm::toString(text.takeError());
  return std::string(text->data(), text->size());
}

TEST(Lowering, NoFunctionOfAVectorCallsLibm) {
  for (const char *cpu : {"x86-64-v2", "x86-64-v3", "x86-64-v4", "znver5"}) {
    CpuTarget target = llvm::cantFail(namedTarget(cpu));
    for (const char *op :
         {"exp", "exp2", "log", "log2", "log1p", "expm1", "tanh", "erf", "sin",
          "cos", "rsqrt", "sqrt", "floor", "ceil", "trunc", "roundeven"}) {
      std::string body =
          std::string("%w = math.") + op + " %v : vector<16xf32>";
      EXPECT_EQ(assemblyOf(body, target).find("call"), std::string::npos)
          << op << " on " << cpu;
    }
    EXPECT_EQ(assemblyOf("%w = math.fma %v, %v, %v : vector<16xf32>", target)
                  .find("call"),
              std::string::npos)
        << "fma on " << cpu;
    EXPECT_EQ(assemblyOf("%w = vector.fma %v, %v, %v : vector<16xf32>", target)
                  .find("call"),
              std::string::npos)
        << "vector.fma on " << cpu;
  }
}

/// Lowers `text`, which must fail, and returns the diagnostics.
static std::string errorsOf(const std::string &text) {
  KernelTest test;
  auto module = parse(test, text);
  std::string errors;
  mlir::ScopedDiagnosticHandler handler(&test.context(),
                                        [&](mlir::Diagnostic &diagnostic) {
                                          errors += diagnostic.str() + "\n";
                                          return mlir::success();
                                        });
  mlir::PassManager passes(&test.context());
  addLowerToLLVM(passes, hostTarget());
  EXPECT_TRUE(mlir::failed(passes.run(*module)));
  return errors;
}

TEST(LoweringErrors, VectorFunctionWithoutApproximation) {
  EXPECT_NE(errorsOf(R"mlir(
    func.func @f(%x: memref<8xf64>, %workspace: memref<?xi8>, %task: index) {
      %v = vector.load %x[%task] : memref<8xf64>, vector<8xf64>
      %w = math.exp %v : vector<8xf64>
      vector.store %w, %x[%task] : memref<8xf64>, vector<8xf64>
      return
    })mlir")
                .find("'math.exp' op has no vector approximation on "
                      "'vector<8xf64>'"),
            std::string::npos);
}

TEST(LoweringErrors, OperandOfUnknownSize) {
  EXPECT_NE(errorsOf(R"mlir(
    func.func @f(%x: memref<?xf32>, %workspace: memref<?xi8>, %task: index) {
      return
    })mlir")
                .find("operand #0 of kernel 'f' has type 'memref<?xf32>'; "
                      "expected a memref with a static shape"),
            std::string::npos);
}

TEST(CpuTargets, VectorShapes) {
  EXPECT_EQ(llvm::cantFail(namedTarget("x86-64-v2")).vectorBytes, 16);
  EXPECT_FALSE(llvm::cantFail(namedTarget("x86-64-v2")).fusedMultiplyAdd);
  EXPECT_EQ(llvm::cantFail(namedTarget("x86-64-v3")).vectorBytes, 32);
  EXPECT_EQ(llvm::cantFail(namedTarget("x86-64-v4")).vectorBytes, 64);
  EXPECT_EQ(llvm::cantFail(namedTarget("x86-64-v4")).vectorRegisters, 32);
  EXPECT_GT(hostTarget().l2Bytes, 0);
}

TEST(CpuTargets, UnknownNamesAreErrors) {
  auto unknown = namedTarget("pentium-9000");
  ASSERT_FALSE(bool(unknown));
  std::string message = llvm::toString(unknown.takeError());
  EXPECT_NE(message.find("unknown CPU 'pentium-9000'"), std::string::npos);
  EXPECT_NE(message.find("-mcpu=help"), std::string::npos);
  auto old = namedTarget("x86-64");
  ASSERT_FALSE(bool(old));
  EXPECT_NE(llvm::toString(old.takeError()).find("x86-64-v2"),
            std::string::npos);
}

TEST(Lowering, HostCodeDeclaresTheEntry) {
  KernelTest test;
  auto module = parse(test, R"mlir(
    llvm.func @k.task(!llvm.ptr, i64, !llvm.ptr)
    llvm.func @driver.task(%args: !llvm.ptr, %task: i64, %w: !llvm.ptr) {
      %k = llvm.mlir.addressof @k.task : !llvm.ptr
      llvm.call %k(%args, %task, %w) : !llvm.ptr, (!llvm.ptr, i64, !llvm.ptr) -> ()
      llvm.return
    }
    func.func private @k(%x: memref<4xindex>, %workspace: memref<?xi8>,
                         %task: index) {
      memref.store %task, %x[%task] : memref<4xindex>
      return
    })mlir");
  auto jit = KernelJit::compile(*module, hostTarget());
  ASSERT_TRUE(jit);
  std::vector<int64_t> x(4, -1);
  jit->run("driver", {x.data()}, 4, 0);
  EXPECT_EQ(x, (std::vector<int64_t>{0, 1, 2, 3}));
}

TEST(LoweringErrors, EntryNameTaken) {
  EXPECT_NE(errorsOf(R"mlir(
    func.func @f(%workspace: memref<?xi8>, %task: index) { return }
    func.func @f.task() { return }
    )mlir")
                .find("'f.task' is the name of the task entry of 'f'"),
            std::string::npos);
}
