//===----------------------------------------------------------------------===//
// What a host function does after kernels have been chosen.
//===----------------------------------------------------------------------===//
#ifndef FLM_KERNEL_OPS_TD
#define FLM_KERNEL_OPS_TD

include "dialects/flm/FlmBase.td"

def LaunchOp : FlmOp<"launch", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "run all tasks of a kernel";
  let description = [{
    Stands in a host function, whose first arguments are the arenas `state` and
    `scratch`, then the program's arguments, then its result buffer. The buffers
    are the kernel's operands; `at` gives the slots that the enclosing loops are
    at, outermost first, for buffers with strides.

    ```mlir
    launch @silu_mul_2048x704 tasks 8 (#flm.buffer<scratch, 0, 64, [16]>, #flm.buffer<scratch, 64, 64>) at (%slot)
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, I64Attr:$tasks,
      TypedArrayAttrBase<BufferAttr, "buffers">:$buffers,
      Variadic<Index>:$slots);
  let assemblyFormat = [{
    $kernel `tasks` custom<Integer>($tasks) custom<Buffers>($buffers)
    (`at` `(` $slots^ `)`)? attr-dict
  }];
}

#endif // FLM_KERNEL_OPS_TD
