//===----------------------------------------------------------------------===//
// Names of dims while text is read, and messages about names that are wrong.
//===----------------------------------------------------------------------===//
#ifndef FLM_DIALECTS_FLM_DIMNAMES_H
#define FLM_DIALECTS_FLM_DIMNAMES_H

#include "dialects/flm/Flm.h"

#include <string>

namespace flm {

/// The known name that is nearest to `name`, or empty if none is near (at most
/// two edits).
llvm::StringRef nearestName(llvm::StringRef name,
                            llvm::ArrayRef<llvm::StringRef> known);

/// "; did you mean 'hidden'?" or "; known: batch, seq".
std::string suggestion(llvm::StringRef name,
                       llvm::ArrayRef<llvm::StringRef> known);

/// While it lives, dims parsed on this thread must be among `names`, so that a
/// wrong name is reported where it stands. A parser has no state of its own to
/// carry them.
class DimScope {
public:
  explicit DimScope(llvm::ArrayRef<llvm::StringRef> names);
  ~DimScope();
  DimScope(const DimScope &) = delete;
  DimScope &operator=(const DimScope &) = delete;

private:
  llvm::SmallVector<llvm::StringRef> names;
  const llvm::SmallVectorImpl<llvm::StringRef> *outer;
};

/// `heads * head_dim`, `heads=4 * head_dim=128`.
mlir::FailureOr<DimAttr> parseDimBody(mlir::AsmParser &parser);
void printDimBody(llvm::raw_ostream &os, DimAttr dim);

/// `[batch, seq, hidden]`.
mlir::ParseResult parseDimList(mlir::AsmParser &parser,
                               llvm::SmallVectorImpl<DimAttr> &dims);
void printDimList(llvm::raw_ostream &os, llvm::ArrayRef<DimAttr> dims);

} // namespace flm

#endif // FLM_DIALECTS_FLM_DIMNAMES_H
