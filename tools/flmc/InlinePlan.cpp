//===----------------------------------------------------------------------===//
// A parallel plan that stands on the command line.
//===----------------------------------------------------------------------===//
#include "tools/flmc/InlinePlan.h"

#include "dialects/flm/Flm.h"
#include "tools/guards/Nesting.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace flmc;

/// The model of the chosen config; of the first one where none is chosen.
static StringRef modelOf(ModuleOp module, StringRef config) {
  for (auto op : module.getOps<flm::ConfigOp>())
    if (config.empty() || op.getSymName() == config)
      return op.getModel();
  return {};
}

LogicalResult flmc::addInlinePlan(ModuleOp module, Options &options) {
  StringRef grid = StringRef(options.plan).trim();
  if (!grid.starts_with("grid"))
    return success();
  StringRef model = modelOf(module, options.config);
  if (model.empty())
    return success(); // the graph stage says that there is no such config
  constexpr StringLiteral name = "command_line";
  if (std::optional<std::string> error = flm::nestingError(grid)) {
    llvm::errs() << "--plan:" << *error << '\n';
    return failure();
  }
  // The text has a line of its own, so that its columns are as the user counts.
  std::string text =
      ("flm.plan @" + name + " of @" + model + " on\n" + grid + "\n").str();
  // The model that it names is not there while it is parsed alone.
  ParserConfig config(module.getContext(), /*verifyAfterParse=*/false);
  OwningOpRef<ModuleOp> parsed =
      parseSourceString<ModuleOp>(text, config, "--plan");
  if (!parsed)
    return failure();
  parsed->getBody()->front().moveBefore(module.getBody(),
                                        module.getBody()->end());
  options.plan = name.str();
  return verify(module);
}
