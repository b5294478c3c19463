//===----------------------------------------------------------------------===//
// What fuzz targets of the compiler share.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_FUZZ_COMPILERINPUT_H
#define FLM_TEST_FUZZ_COMPILERINPUT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <cstddef>
#include <cstdint>

namespace flm::fuzz {

/// A context with all dialects and passes of the compiler, its diagnostics
/// dropped. To be asked for once for each input: it is made anew now and then,
/// as what it has uniqued only grows.
mlir::MLIRContext &contextForInput();

/// `data` as a module that parses and verifies; null for the rest, which the
/// tools refuse.
mlir::OwningOpRef<mlir::ModuleOp> parseModule(mlir::MLIRContext &context,
                                              const uint8_t *data, size_t size);

/// For LLVMFuzzerCustomMutator: mutateTokens in place.
size_t mutateInput(uint8_t *data, size_t size, size_t most, unsigned seed);

} // namespace flm::fuzz

#endif // FLM_TEST_FUZZ_COMPILERINPUT_H
