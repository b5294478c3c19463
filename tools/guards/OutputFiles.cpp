//===----------------------------------------------------------------------===//
// No output of a tool is one of its inputs.
//===----------------------------------------------------------------------===//
#include "tools/guards/OutputFiles.h"

#include "llvm/Support/FileSystem.h"

using namespace llvm;

bool flm::overwrites(StringRef output, StringRef input) {
  sys::fs::file_status from, to;
  if (output == "-" || sys::fs::status(output, to))
    return false;
  std::error_code error = input == "-" ? sys::fs::status(/*FD=*/0, from)
                                       : sys::fs::status(input, from);
  return !error && sys::fs::is_regular_file(to) &&
         sys::fs::equivalent(from, to);
}
