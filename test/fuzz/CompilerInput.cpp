//===----------------------------------------------------------------------===//
// What fuzz targets of the compiler share.
//===----------------------------------------------------------------------===//
#include "test/fuzz/CompilerInput.h"

#include "test/fuzz/TokenMutator.h"
#include "tools/guards/Nesting.h"
#include "tools/registration/Registration.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Parser/Parser.h"

#include <algorithm>
#include <memory>

using namespace mlir;

MLIRContext &flm::fuzz::contextForInput() {
  static std::unique_ptr<MLIRContext> context;
  static int uses = 0;
  if (!context || ++uses == 2000) {
    uses = 0;
    static bool registered = (flm::registerAllPasses(), true);
    (void)registered;
    DialectRegistry registry;
    flm::registerAllDialects(registry);
    context = std::make_unique<MLIRContext>(registry,
                                            MLIRContext::Threading::DISABLED);
    context->printOpOnDiagnostic(false);
    context->getDiagEngine().registerHandler([](Diagnostic &) {});
  }
  return *context;
}

OwningOpRef<ModuleOp> flm::fuzz::parseModule(MLIRContext &context,
                                             const uint8_t *data, size_t size) {
  StringRef text(reinterpret_cast<const char *>(data), size);
  if (text.starts_with("ML\xefR") || nestingError(text))
    return {};
  return parseSourceString<ModuleOp>(text, &context);
}

size_t flm::fuzz::mutateInput(uint8_t *data, size_t size, size_t most,
                              unsigned seed) {
  std::string text =
      mutateTokens({reinterpret_cast<const char *>(data), size}, seed);
  text.resize(std::min(text.size(), most));
  std::copy(text.begin(), text.end(), data);
  return text.size();
}
