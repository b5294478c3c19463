//===----------------------------------------------------------------------===//
// Objects and the runtime's archive -> one executable, by lld in this process.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BINARY_LINKER_H
#define FLM_CODEGEN_BINARY_LINKER_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace flm::binary {

/// Links the object files and archives `objects`, then `runtimeArchive` (which
/// has `main`), into the position-independent executable `output`. libstdc++
/// and libgcc are linked statically, libc and libm dynamically; unused sections
/// are dropped. `output` is written beside and renamed, so that it is never
/// half written. The error holds everything that lld said.
///
/// `needsMpi` is for programs of more than one rank: it adds the archive of the
/// same name with `_mpi` behind it and, dynamically, the MPI library that this
/// compiler was built with. An error if it was built without one. `parts` are
/// those of the target (Target::runtimeParts): more archives of the same name.
llvm::Error linkExecutable(llvm::ArrayRef<std::string> objects,
                           llvm::StringRef runtimeArchive,
                           llvm::StringRef output, bool needsMpi = false,
                           llvm::ArrayRef<llvm::StringRef> parts = {});

/// As above for objects in memory, e.g. from emit(EmitKind::Object): they go
/// through temporary files that are removed again.
llvm::Error linkExecutable(llvm::ArrayRef<llvm::ArrayRef<char>> objects,
                           llvm::StringRef runtimeArchive,
                           llvm::StringRef output, bool needsMpi = false,
                           llvm::ArrayRef<llvm::StringRef> parts = {});

} // namespace flm::binary

#endif // FLM_CODEGEN_BINARY_LINKER_H
