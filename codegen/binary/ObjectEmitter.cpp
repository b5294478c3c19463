//===----------------------------------------------------------------------===//
// LLVM dialect -> LLVM IR -> the O-pipeline -> text, assembly or an object.
//===----------------------------------------------------------------------===//
#include "codegen/binary/ObjectEmitter.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Triple.h"

using namespace flm;
using namespace flm::binary;

static llvm::Error failure(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

void binary::registerTranslations(mlir::DialectRegistry &registry) {
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
}

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const cpu::CpuTarget &target, unsigned optLevel) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::Triple triple(target.triple);
  std::string error;
  const llvm::Target *backend =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend)
    return failure("no code generator for '" + target.triple + "': " + error);
  llvm::CodeGenOptLevel levels[] = {
      llvm::CodeGenOptLevel::None, llvm::CodeGenOptLevel::Less,
      llvm::CodeGenOptLevel::Default, llvm::CodeGenOptLevel::Aggressive};
  // One section per symbol, so that the linker can drop what nobody uses.
  llvm::TargetOptions machineOptions;
  machineOptions.FunctionSections = true;
  machineOptions.DataSections = true;
  std::unique_ptr<llvm::TargetMachine> machine(backend->createTargetMachine(
      triple, target.cpu, target.features, machineOptions, llvm::Reloc::PIC_,
      std::nullopt, levels[optLevel]));
  if (!machine)
    return failure("cannot generate code for '" + target.triple + "'");
  return machine;
}

/// Functions carry their CPU: without it, the optimiser assumes the baseline.
static void setTargetAttributes(llvm::Module &module,
                                const cpu::CpuTarget &target) {
  std::string width = std::to_string(target.vectorBytes * 8);
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    if (!target.features.empty())
      function.addFnAttr("target-features", target.features);
    // Some CPUs prefer half their width by default and would split our vectors.
    function.addFnAttr("prefer-vector-width", width);
    function.addFnAttr("min-legal-vector-width", width);
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine,
                     unsigned optLevel) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);

  llvm::OptimizationLevel levels[] = {
      llvm::OptimizationLevel::O0, llvm::OptimizationLevel::O1,
      llvm::OptimizationLevel::O2, llvm::OptimizationLevel::O3};
  llvm::OptimizationLevel level = levels[optLevel];
  llvm::ModulePassManager passes =
      optLevel == 0 ? builder.buildO0DefaultPipeline(level)
                    : builder.buildPerModuleDefaultPipeline(level);
  passes.run(module, modules);
}

static llvm::Error generateCode(llvm::Module &module,
                                llvm::TargetMachine &machine, EmitKind kind,
                                llvm::raw_pwrite_stream &os) {
  llvm::legacy::PassManager passes;
  auto fileType = kind == EmitKind::Object
                      ? llvm::CodeGenFileType::ObjectFile
                      : llvm::CodeGenFileType::AssemblyFile;
  if (machine.addPassesToEmitFile(passes, os, nullptr, fileType))
    return failure("the target cannot write this kind of file");
  passes.run(module);
  return llvm::Error::success();
}

llvm::Expected<llvm::SmallVector<char, 0>>
binary::emit(mlir::ModuleOp module, const cpu::CpuTarget &target, EmitKind kind,
             const EmitOptions &options) {
  if (options.optLevel > 3)
    return failure("optimisation level " + llvm::Twine(options.optLevel) +
                   " does not exist; expected 0 to 3");
  auto machine = createTargetMachine(target, options.optLevel);
  if (!machine)
    return machine.takeError();

  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> llvmModule =
      mlir::translateModuleToLLVMIR(module, context, "flm");
  if (!llvmModule)
    return failure("the module does not translate to LLVM IR; see the "
                   "diagnostics above");
  llvmModule->setTargetTriple((*machine)->getTargetTriple());
  llvmModule->setDataLayout((*machine)->createDataLayout());
  llvmModule->setPICLevel(llvm::PICLevel::BigPIC);
  setTargetAttributes(*llvmModule, target);
  optimize(*llvmModule, **machine, options.optLevel);

  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream os(bytes);
  if (kind == EmitKind::LLVMText)
    llvmModule->print(os, nullptr);
  else if (llvm::Error error = generateCode(*llvmModule, **machine, kind, os))
    return error;
  return bytes;
}
