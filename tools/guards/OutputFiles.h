//===----------------------------------------------------------------------===//
// No output of a tool is one of its inputs.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GUARDS_OUTPUTFILES_H
#define FLM_TOOLS_GUARDS_OUTPUTFILES_H

#include "llvm/ADT/StringRef.h"

namespace flm {

/// Whether writing to `output` would change the regular file that `input` is:
/// they are one file, by whatever name, link or symbolic link. "-" as `input`
/// is the standard input, which may be a file; as `output` it is no file.
bool overwrites(llvm::StringRef output, llvm::StringRef input);

} // namespace flm

#endif // FLM_TOOLS_GUARDS_OUTPUTFILES_H
