//===----------------------------------------------------------------------===//
// Stage `buffers`: a buffer for every value.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_PASSES_TD
#define FLM_CODEGEN_BUFFERS_PASSES_TD

include "mlir/Pass/PassBase.td"

def AssignBuffers : Pass<"flm-assign-buffers", "::mlir::ModuleOp"> {
  let summary = "give every value of every program its bytes";
  let description = [{
    Parameters, moments and tables lie in the `state` arena, at the same place
    for all programs; everything else in `scratch`, where values that are never
    alive together share bytes. A value that a loop stacks is made in its slot, a
    slice is read in its slot, an accumulation and an elementwise op work in
    place where their operand dies. Where a value is not made where it has to be
    (the init of a carry, a carry that is stacked), the buffers differ and the
    next stage copies.

    The attribute `flm.buffers` of an op has one buffer per result, and one for
    the kernel's temporaries if it has any; of `update` and `return` one for each
    value they write. A carry has the buffer of its final. The module gets `flm.state_bytes` and `flm.scratch_bytes`.

    Input:
    ```mlir
    %y = scale %x by 2.0 : !f32_bsh
    ```
    Output:
    ```mlir
    %y = scale %x by 2.0 {flm.buffers = [#flm.buffer<scratch, 4096, 2097152>]} : !f32_bsh
    ```
  }];
  let options = [
    Option<"memoryLimit", "memory-limit", "int64_t", "0",
           "bytes that state and scratch may take together; 0 is no limit">
  ];
}

def VerifyBuffers : Pass<"flm-verify-buffers", "::mlir::ModuleOp"> {
  let summary = "prove that no value is overwritten while it is alive";
  let description = [{
    Independent of how buffers were assigned: runs each program on its buffers,
    remembering which value was last written to which bytes, and checks at every
    read that the bytes hold the value that is read. Loops run for their first
    and last two iterations. Checks besides that buffers are large enough and
    end within their arenas, that no kernel writes over what it still reads, and
    that no copy overlaps itself.

    Input, where %a and %b share bytes:
    ```mlir
    %c = add %a, %b {...}
    ```
    Error: `operand #0 (%a) was overwritten by %b before it is read`
  }];
}

#endif // FLM_CODEGEN_BUFFERS_PASSES_TD
