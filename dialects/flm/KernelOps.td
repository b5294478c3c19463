//===----------------------------------------------------------------------===//
// What a host function does after kernels have been chosen.
//===----------------------------------------------------------------------===//
#ifndef FLM_KERNEL_OPS_TD
#define FLM_KERNEL_OPS_TD

include "dialects/flm/FlmBase.td"

def LaunchOp : FlmOp<"launch", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "run a kernel";
  let description = [{
    The same on all targets: `kernel` is a symbol that the target knows, which
    says how it is run (on the CPU: a function, and how many tasks it has).

    Stands in a host function, whose first arguments are the arenas `state` and
    `scratch`, then the program's arguments, then its result buffer. The buffers
    are the kernel's operands; `at` gives the slots that the enclosing loops are
    at, outermost first, for buffers with strides.

    ```mlir
    launch @silu_mul_2048x704(#flm.buffer<scratch, 0, 64, [16]>, #flm.buffer<scratch, 64, 64>) at (%slot)
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel,
      TypedArrayAttrBase<BufferAttr, "buffers">:$buffers,
      Variadic<Index>:$slots);
  let assemblyFormat = [{
    $kernel custom<Buffers>($buffers)
    (`at` `(` $slots^ `)`)? attr-dict
  }];
}

def CommunicationPhase : I32EnumAttr<"CommunicationPhase",
    "what of a collective happens", [
    I32EnumAttrCase<"Whole", 0, "run">,
    I32EnumAttrCase<"Start", 1, "start">,
    I32EnumAttrCase<"Wait", 2, "wait">]> {
  let cppNamespace = "::flm";
}

def CommunicateOp : FlmOp<"communicate", [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "a collective, or its beginning or end";
  let description = [{
    Stands in a host function, as `launch` does. `id` is the collective's in the
    manifest; the buffers are what this rank gives and what it gets.

    ```mlir
    communicate run 7 from <scratch, 0, 64> to <scratch, 64, 256, [256]> at (%slot)
    communicate start 8 from <scratch, 0, 64> to <scratch, 64, 256>
    communicate wait 8
    ```
  }];
  let arguments = (ins CommunicationPhase:$phase, I64Attr:$id,
      OptionalAttr<BufferAttr>:$source, OptionalAttr<BufferAttr>:$target,
      Variadic<Index>:$slots);
  let assemblyFormat = [{
    $phase custom<Integer>($id) (`from` $source^)? (`to` $target^)?
    (`at` `(` $slots^ `)`)? attr-dict
  }];
}

#endif // FLM_KERNEL_OPS_TD
