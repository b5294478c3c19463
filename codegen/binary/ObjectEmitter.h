//===----------------------------------------------------------------------===//
// From a module in the LLVM dialect to optimised machine code.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BINARY_OBJECTEMITTER_H
#define FLM_CODEGEN_BINARY_OBJECTEMITTER_H

#include "codegen/cpu/CpuKernel.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace flm::binary {

enum class EmitKind {
  LLVMText, ///< LLVM IR after optimisation, as text
  Assembly, ///< assembly text
  Object,   ///< a relocatable ELF object, position independent
};

struct EmitOptions {
  unsigned optLevel = 2; ///< 0 to 3, as in clang's -O
};

/// Makes the LLVM dialect translatable; call on the context's registry before
/// emitting.
void registerTranslations(mlir::DialectRegistry &registry);

/// Translates `module` (LLVM dialect only) to LLVM IR, optimises it for
/// `target` and returns the bytes of `kind`. Every function is compiled for the
/// target's CPU and features.
llvm::Expected<llvm::SmallVector<char, 0>>
emit(mlir::ModuleOp module, const cpu::CpuTarget &target, EmitKind kind,
     const EmitOptions &options = {});

} // namespace flm::binary

#endif // FLM_CODEGEN_BINARY_OBJECTEMITTER_H
