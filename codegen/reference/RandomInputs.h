//===----------------------------------------------------------------------===//
// Random numbers to run a program on. The same for the same seed, whatever else
// is asked for.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_REFERENCE_RANDOMINPUTS_H
#define FLM_CODEGEN_REFERENCE_RANDOMINPUTS_H

#include "codegen/reference/Reference.h"

#include "mlir/IR/Operation.h"

namespace flm::reference {

/// Independent standard normal numbers.
Tensor randomNormal(llvm::ArrayRef<int64_t> shape, unsigned seed);
/// Independent integers of [0, count).
Tensor randomIndices(llvm::ArrayRef<int64_t> shape, int64_t count,
                     unsigned seed);

/// Arguments for `program`, an flm.program or flm.model with bound sizes: token
/// numbers that all of its embeddings and losses know, the scalars of an
/// ordinary step for `hyper` (runtime/abi/Hyper.def), normal numbers for the
/// rest.
llvm::SmallVector<Tensor> randomArguments(mlir::Operation *program,
                                          unsigned seed);

/// What `program` reads with `param` and `state`, by name: a tenth of normal
/// numbers, which depend on the seed and the name, and zeros.
State randomState(mlir::Operation *program, unsigned seed);

/// A source of truncated normal numbers for Options::truncatedNormal.
std::function<double(llvm::StringRef key, int64_t index, double std)>
randomTruncatedNormal(unsigned seed);

} // namespace flm::reference

#endif // FLM_CODEGEN_REFERENCE_RANDOMINPUTS_H
