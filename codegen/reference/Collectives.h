//===----------------------------------------------------------------------===//
// What collectives compute, as functions of all operands.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_REFERENCE_COLLECTIVES_H
#define FLM_CODEGEN_REFERENCE_COLLECTIVES_H

#include "codegen/reference/Evaluate.h"

namespace flm::reference {

/// f(n) = f(h) + f(n - h), h the largest power of two below n, over n terms;
/// each sum is rounded if the run rounds.
double foldTree(llvm::function_ref<double(int64_t)> term, int64_t count,
                mlir::Type elementType, const Environment &env);

/// Part `index` of `parts` equal ones of dim `dim`.
Tensor partOf(const Tensor &whole, int64_t dim, int64_t parts, int64_t index);
/// The opposite: tensors of one shape, one behind the other along `dim`.
Tensor joined(llvm::ArrayRef<Tensor> parts, int64_t dim);

/// Elements [index * size, (index + 1) * size) of the flattened tensor, zeros
/// beyond its end.
Tensor flatPartOf(const Tensor &whole, int64_t size, int64_t index);
/// The opposite: as many elements as `shape` has.
Tensor joinedFlat(llvm::ArrayRef<Tensor> parts, llvm::ArrayRef<int64_t> shape);

/// What rank `index` of the axis gets of all_reduce, reduce_scatter, all_gather
/// and all_to_all, from what all have brought.
Tensor combined(CollectiveOp op, llvm::ArrayRef<Tensor> operands, int64_t index,
                const Environment &env);

} // namespace flm::reference

#endif // FLM_CODEGEN_REFERENCE_COLLECTIVES_H
