//===----------------------------------------------------------------------===//
// Files that the compiler writes.
//===----------------------------------------------------------------------===//
#include "tools/flmc/OutputText.h"

#include "tools/guards/OutputFiles.h"

#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/ToolOutputFile.h"
#include "llvm/Support/WithColor.h"

using namespace llvm;

static LogicalResult refuse(const Twine &message) {
  WithColor::error(errs(), "flmc") << message << "\n";
  return failure();
}

LogicalResult flmc::checkOutput(StringRef path, const Options &options) {
  if (flm::overwrites(path, options.input))
    return refuse("the output '" + path +
                  "' would be written over the spec; give it a name of its own "
                  "with -o");
  if (!options.runtimeArchive.empty() &&
      flm::overwrites(path, options.runtimeArchive))
    return refuse("the output '" + path +
                  "' would be written over the runtime; give it a name of its "
                  "own with -o");
  return success();
}

std::error_code flmc::finish(raw_fd_ostream &os) {
  os.flush();
  std::error_code error = os.error();
  os.clear_error();
  return error;
}

LogicalResult flmc::writeOutput(StringRef path, const Options &options,
                                function_ref<void(raw_ostream &)> print) {
  if (failed(checkOutput(path, options)))
    return failure();
  std::string message;
  std::unique_ptr<ToolOutputFile> file = mlir::openOutputFile(path, &message);
  if (!file)
    return refuse(message);
  print(file->os());
  if (std::error_code error = finish(file->os()))
    return refuse("cannot write '" + path + "': " + error.message());
  file->keep();
  return success();
}
