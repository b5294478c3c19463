//===----------------------------------------------------------------------===//
// The lowering pipeline and the object emitter, with ORC as the linker.
//===----------------------------------------------------------------------===//
#include "test/codegen/cpu/KernelJit.h"
#include "codegen/binary/ObjectEmitter.h"
#include "codegen/cpu/LowerToLLVM.h"
#include "runtime/abi/Program.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/Location.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Host.h"

#include "gtest/gtest.h"

#include <cstdlib>
#include <cstring>

using namespace flm::cpu;
using namespace flm::cpu::test;

static mlir::DialectRegistry kernelRegistry() {
  mlir::DialectRegistry registry;
  registerKernelDialects(registry);
  flm::binary::registerTranslations(registry);
  return registry;
}

KernelTest::KernelTest()
    : ctx(kernelRegistry(), mlir::MLIRContext::Threading::DISABLED) {
  ctx.loadAllAvailableDialects();
  moduleOp = mlir::ModuleOp::create(loc());
}

mlir::Location KernelTest::loc() { return mlir::UnknownLoc::get(&ctx); }

mlir::OpBuilder KernelTest::builder() {
  return mlir::OpBuilder::atBlockEnd(moduleOp->getBody());
}

KernelJit::KernelJit(std::unique_ptr<llvm::orc::LLJIT> jit,
                     std::map<const void *, std::string> names)
    : jit(std::move(jit)), names(std::move(names)) {}
KernelJit::~KernelJit() = default;

std::unique_ptr<KernelJit> KernelJit::compile(mlir::ModuleOp module,
                                              const CpuTarget &target) {
  // The function ops are gone after the lowering.
  std::map<const void *, std::string> names;
  for (auto function : module.getOps<mlir::func::FuncOp>())
    names[function.getAsOpaquePointer()] = function.getSymName().str();

  mlir::PassManager passes(module.getContext());
  addLowerToLLVM(passes, target);
  if (mlir::failed(passes.run(module))) {
    ADD_FAILURE() << "the lowering failed; see the diagnostics above";
    return nullptr;
  }
  auto object =
      flm::binary::emit(module, target, flm::binary::EmitKind::Object);
  if (!object) {
    ADD_FAILURE() << llvm::toString(object.takeError());
    return nullptr;
  }
  // The current process supplies libm and libc to code that calls them.
  auto jit = llvm::orc::LLJITBuilder().create();
  if (!jit) {
    ADD_FAILURE() << llvm::toString(jit.takeError());
    return nullptr;
  }
  llvm::StringRef bytes(object->data(), object->size());
  if (llvm::Error error = (*jit)->addObjectFile(
          llvm::MemoryBuffer::getMemBufferCopy(bytes, "kernels.o"))) {
    ADD_FAILURE() << llvm::toString(std::move(error));
    return nullptr;
  }
  return std::unique_ptr<KernelJit>(
      new KernelJit(std::move(*jit), std::move(names)));
}

void *KernelJit::lookup(const std::string &kernel) {
  auto address = jit->lookup(kernel + ".task");
  if (!address) {
    ADD_FAILURE() << llvm::toString(address.takeError());
    return nullptr;
  }
  return address->toPtr<void *>();
}

namespace {

/// A workspace of an exact size, between guard bytes.
class GuardedWorkspace {
public:
  explicit GuardedWorkspace(int64_t bytes)
      : bytes(bytes), total((bytes + 2 * guard + 63) / 64 * 64),
        memory(static_cast<unsigned char *>(std::aligned_alloc(64, total))) {}
  ~GuardedWorkspace() { std::free(memory); }

  void *data() { return memory + guard; }

  /// All bytes one: a NaN in every floating-point type, so that reading what
  /// was never written shows.
  void poison() { std::memset(memory, 0xff, total); }

  bool guardsIntact() const {
    for (int64_t i = 0; i < total; ++i)
      if ((i < guard || i >= guard + bytes) && memory[i] != 0xff)
        return false;
    return true;
  }

private:
  static constexpr int64_t guard = 4096;
  int64_t bytes, total;
  unsigned char *memory;
};

} // namespace

void KernelJit::run(const std::string &kernel,
                    const std::vector<void *> &buffers, int64_t tasks,
                    int64_t workspaceBytes, TaskOrder order) {
  auto entry = reinterpret_cast<FlmTask>(lookup(kernel));
  if (!entry)
    return;
  GuardedWorkspace workspace(workspaceBytes);
  for (int64_t i = 0; i < tasks; ++i) {
    workspace.poison();
    entry(buffers.data(), order == TaskOrder::Forward ? i : tasks - 1 - i,
          workspace.data());
    ASSERT_TRUE(workspace.guardsIntact())
        << kernel << " wrote beyond its workspace of " << workspaceBytes
        << " bytes";
  }
}

void KernelJit::run(const CpuKernel &kernel, const std::vector<void *> &buffers,
                    TaskOrder order) {
  auto name = names.find(kernel.function.getAsOpaquePointer());
  ASSERT_NE(name, names.end()) << "the kernel was not in the compiled module";
  run(name->second, buffers, kernel.tasks, kernel.workspaceBytes, order);
}

void KernelJit::run(const CpuKernel &kernel,
                    std::initializer_list<void *> buffers, TaskOrder order) {
  run(kernel, std::vector<void *>(buffers), order);
}

bool flm::cpu::test::hostCanRun(const CpuTarget &target) {
  CpuTarget host = hostTarget();
  return target.triple == host.triple &&
         target.vectorBytes <= host.vectorBytes &&
         target.fusedMultiplyAdd <= host.fusedMultiplyAdd;
}
