//===----------------------------------------------------------------------===//
// The tensor with named dims.
//===----------------------------------------------------------------------===//
#ifndef FLM_TYPES_TD
#define FLM_TYPES_TD

include "dialects/flm/FlmAttributes.td"

def NamedTensorType : TypeDef<FlmDialect, "NamedTensor"> {
  let mnemonic = "tensor";
  let summary = "tensor whose dims have names, with its distribution";
  let description = [{
    Names, sizes (absent in a spec), element type (absent in a spec; the
    recipe's precision fills it in) and, from the `shard` stage on, the state of
    the value on every mesh axis on which it is not replicated. Sizes are always
    global; the local shape follows from the states.

    It is deliberately no builtin tensor and no ShapedType: upstream patterns
    accept an encoded builtin tensor and drop the encoding, after which a partial
    sum looks like a value.

    ```mlir
    !flm.tensor<[batch, seq, hidden]>                              // in a spec
    !flm.tensor<[batch=8, seq=4096, hidden=8192] bf16>             // instantiated
    !flm.tensor<[batch=8, seq=4096, hidden=8192] bf16 on {dp: split(batch), tp: partial(sum)}>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"DimAttr">:$dims,
                        "::mlir::Type":$elementType,
                        OptionalArrayRefParameter<"AxisStateAttr">:$states);
  let builders = [
    // Sorts the states by axis, so that equal states are equal types.
    TypeBuilderWithInferredContext<(ins "::llvm::ArrayRef<DimAttr>":$dims,
        "::mlir::Type":$elementType,
        CArg<"::llvm::ArrayRef<AxisStateAttr>", "{}">:$states)>
  ];
  let skipDefaultBuilders = 1;
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Whether some dim has no size or the element type is open.
    bool isSymbolic() const;
    int64_t getRank() const { return getDims().size(); }
    /// Global sizes, one per dim.
    ::llvm::SmallVector<int64_t> shape() const;
    int64_t numElements() const;
    /// Bytes of the whole tensor; element type and sizes must be known.
    int64_t bytes() const;
    NamedTensorType withDims(::llvm::ArrayRef<DimAttr> dims) const;
    NamedTensorType withElementType(::mlir::Type type) const;
    /// Same names in the same order with the same sizes.
    bool sameDims(NamedTensorType other) const {
      return getDims() == other.getDims();
    }
    /// "[batch, seq, hidden]", for messages.
    std::string dimsText() const;
  }];
}

def FlmTensor : Type<CPred<"::llvm::isa<::flm::NamedTensorType>($_self)">,
                     "tensor with named dims", "::flm::NamedTensorType">;

/// What is computed with: anything but tokens.
def FlmReal : Type<And<[FlmTensor.predicate,
    CPred<"!::llvm::cast<::flm::NamedTensorType>($_self).getElementType().isInteger(32)">]>,
    "tensor of reals with named dims", "::flm::NamedTensorType">;

#endif // FLM_TYPES_TD
