//===----------------------------------------------------------------------===//
// Checks for tools whose command line is MLIR's own.
//===----------------------------------------------------------------------===//
#include "tools/guards/ToolArguments.h"

#include "tools/guards/Nesting.h"
#include "tools/guards/OutputFiles.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"

#include <sys/mman.h>
#include <unistd.h>

using namespace llvm;

namespace {

struct Arguments {
  SmallVector<StringRef> inputs;
  StringRef output;
};

Arguments split(ArrayRef<StringRef> arguments) {
  Arguments result;
  for (size_t i = 0; i < arguments.size(); ++i) {
    StringRef argument = arguments[i], option = argument;
    if (argument == "-" || !argument.starts_with("-")) {
      result.inputs.push_back(argument);
      continue;
    }
    option.consume_front("-");
    option.consume_front("-");
    if (option == "o" && i + 1 < arguments.size())
      result.output = arguments[++i];
    else if (option.consume_front("o="))
      result.output = option;
  }
  // Without a name it reads the standard input, or nothing.
  bool asks = llvm::any_of(arguments, [](StringRef argument) {
    return llvm::is_contained({"h", "help", "help-hidden", "help-list",
                               "list-passes", "show-dialects", "version"},
                              argument.ltrim('-'));
  });
  if (result.inputs.empty() && !asks)
    result.inputs.push_back("-");
  return result;
}

/// The standard input, read to its end and put back.
ErrorOr<std::unique_ptr<MemoryBuffer>> peekStandardInput() {
  ErrorOr<std::unique_ptr<MemoryBuffer>> text = MemoryBuffer::getSTDIN();
  if (!text)
    return text;
  int copy = ::memfd_create("stdin", MFD_CLOEXEC);
  if (copy < 0)
    return std::error_code(errno, std::generic_category());
  raw_fd_ostream os(copy, /*shouldClose=*/false);
  os << (*text)->getBuffer();
  os.flush();
  std::error_code error = os.error();
  os.clear_error();
  if (error)
    return error;
  if (::lseek(copy, 0, SEEK_SET) != 0 || ::dup2(copy, STDIN_FILENO) < 0)
    return std::error_code(errno, std::generic_category());
  ::close(copy);
  return text;
}

} // namespace

bool flm::checkToolArguments(int argc, char **argv) {
  StringRef tool = sys::path::filename(argv[0]);
  auto refuse = [&](const Twine &message) {
    WithColor::error(errs(), tool) << message << '\n';
    return false;
  };
  SmallVector<StringRef> texts(argv + 1, argv + argc);
  for (StringRef text : texts)
    if (std::optional<std::string> error = nestingError(text))
      return refuse("in an argument, " + *error);
  Arguments arguments = split(texts);
  for (StringRef input : arguments.inputs) {
    if (overwrites(arguments.output, input))
      return refuse("the output '" + arguments.output +
                    "' would be written over the input; give it a name of its "
                    "own");
    // Whoever types has not nested anything yet.
    if (input == "-" && ::isatty(STDIN_FILENO))
      continue;
    // What is no file may be the value of an option, or a pipe.
    if (input != "-" && !sys::fs::is_regular_file(input))
      continue;
    ErrorOr<std::unique_ptr<MemoryBuffer>> text =
        input == "-" ? peekStandardInput() : MemoryBuffer::getFile(input);
    if (!text) // the tool says so
      continue;
    if (std::optional<std::string> error = nestingError((*text)->getBuffer())) {
      errs() << (input == "-" ? StringRef("<stdin>") : input) << ':' << *error
             << '\n';
      return false;
    }
  }
  return true;
}
