//===----------------------------------------------------------------------===//
// The passes that finish CPU kernels before they become the LLVM dialect.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_CPU_PASSES
#define FLM_CODEGEN_CPU_PASSES

include "mlir/Pass/PassBase.td"

def ApproximateMath : Pass<"flm-approximate-math"> {
  let summary = "Turn transcendental functions into vector arithmetic";
  let description = [{
    LLVM lowers `math.exp` and its like on a vector to one libm call per lane,
    which is about eight times slower than a polynomial. This pass replaces the
    functions of f32 (scalars and vectors) by polynomial approximations with an
    error of a few units in the last place; f16 and bf16 are computed in f32.

    A function of a vector that has no approximation (any of f64, for one) is an
    error: no kernel may call libm in a loop over lanes. Scalars of f64 keep
    their libm call.

    With `fused-multiply-add=false` (the CPU has none), `math.fma` becomes a
    multiplication and an addition rather than a libm call.

    ```mlir
    %y = math.exp %x : vector<16xf32>
    ```
    becomes
    ```mlir
    %n = math.floor ... : vector<16xf32>
    %p = math.fma ... : vector<16xf32>
    ...
    ```
  }];
  let options = [
    Option<"fusedMultiplyAdd", "fused-multiply-add", "bool", /*default=*/"true",
           "The CPU has a fused multiply-add">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def TaskEntries : Pass<"flm-task-entries", "::mlir::ModuleOp"> {
  let summary = "Give each CPU kernel the signature that the thread pool calls";
  let description = [{
    A kernel is a function without results whose last two arguments are
    `memref<?xi8>` (the workspace) and `index` (the task), after any number of
    memrefs with static shapes. This pass turns every such `@k` into `@k.task`
    with the signature of `FlmTask` in `runtime/abi/Program.h`: the memrefs come
    from an array of pointers. The body moves, so there is no call left to
    inline. Host code names an entry by declaring it (`llvm.func @k.task`, used
    through `llvm.mlir.addressof`); the declaration becomes the definition. Other
    functions stay as they are.

    ```mlir
    func.func private @k(%x: memref<8xf32>, %workspace: memref<?xi8>,
                         %task: index) {
      %v = memref.load %x[%task] : memref<8xf32>
      ...
    }
    ```
    becomes
    ```mlir
    llvm.func @k.task(%args: !llvm.ptr, %t: i64, %w: !llvm.ptr) {
      %p = llvm.load %args invariant : !llvm.ptr -> !llvm.ptr
      %x = builtin.unrealized_conversion_cast ... to memref<8xf32>
      %workspace = builtin.unrealized_conversion_cast ... to memref<?xi8>
      %task = arith.index_cast %t : i64 to index
      %v = memref.load %x[%task] : memref<8xf32>
      ...
    }
    ```
    The casts carry memref descriptors and vanish in the conversion to LLVM.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect"
  ];
}

#endif // FLM_CODEGEN_CPU_PASSES
