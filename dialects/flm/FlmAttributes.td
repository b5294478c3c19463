//===----------------------------------------------------------------------===//
// Attributes: dims, their declarations, distribution states, µP, buffers.
//===----------------------------------------------------------------------===//
#ifndef FLM_ATTRIBUTES_TD
#define FLM_ATTRIBUTES_TD

include "dialects/flm/FlmDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class FlmAttr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<FlmDialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def DimAttr : FlmAttr<"Dim", "dim"> {
  let summary = "one dim of a tensor: a product of named factors";
  let description = [{
    Symbolic in a spec (`hidden`, `heads * head_dim`), bound from the `graph`
    stage on (`heads=4 * head_dim=128`). A factor without a size has size
    `ShapedType::kDynamic`.

    ```mlir
    #flm.dim<heads=4 * head_dim=128>
    ```
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::StringAttr">:$names,
                        ArrayRefParameter<"int64_t">:$sizes);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The product of the factors, or kDynamic while one of them is unbound.
    int64_t size() const;
    bool isStatic() const { return !::mlir::ShapedType::isDynamic(size()); }
    /// Whether `name` is one of the factors.
    bool hasFactor(::llvm::StringRef name) const;
    /// A dim of one factor.
    static DimAttr get(::mlir::MLIRContext *context, ::llvm::StringRef name,
                       int64_t size = ::mlir::ShapedType::kDynamic);
  }];
}

def DimDefAttr : FlmAttr<"DimDef", "dim_def"> {
  let summary = "declaration of a dim by a model";
  let description = [{
    A free dim (`hidden`), a quotient (`head_dim = hidden / heads`) or a dim
    rounded up to a multiple (`padded_vocab = round_up(vocab, 512)`). A config
    must bind the free dims and may override the derived ones.
  }];
  let parameters = (ins "::mlir::StringAttr":$name,
      OptionalParameter<"::mlir::StringAttr">:$from,
      OptionalParameter<"::mlir::StringAttr">:$divisor,
      DefaultValuedParameter<"int64_t", "0">:$multiple);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    bool isFree() const { return !getFrom(); }
    bool isQuotient() const { return static_cast<bool>(getDivisor()); }
  }];
}

def AxisStateKind : I32EnumAttr<"AxisStateKind", "how a value lies on one mesh axis", [
    I32EnumAttrCase<"Split", 0, "split">,
    I32EnumAttrCase<"Partial", 1, "partial">,
    I32EnumAttrCase<"At", 2, "at">]> {
  let cppNamespace = "::flm";
}

def AxisStateAttr : FlmAttr<"AxisState", "state"> {
  let summary = "how a value lies on one mesh axis, where it is not replicated";
  let description = [{
    `split(dim)`: each rank holds its part of that dim; `split(*)`: its part of
    the flattened, padded local tensor (ZeRO state); `partial(sum)` and
    `partial(max)`: the true value is the reduction over the axis; `at(first)`
    and `at(last)`: only the first or last rank of the axis has it (what a model
    does before and after its pipelined layers). A value that has no state for
    an axis is replicated over it.
  }];
  let parameters = (ins "::mlir::StringAttr":$axis,
                        EnumParameter<AxisStateKind>:$kind,
                        "::mlir::StringAttr":$argument);
  let hasCustomAssemblyFormat = 1;
}

def MupClass : I32EnumAttr<"MupClass", "role of a parameter under µP", [
    I32EnumAttrCase<"Vector", 0, "vector">,
    I32EnumAttrCase<"Matrix", 1, "matrix">,
    I32EnumAttrCase<"Output", 2, "output">]> {
  let cppNamespace = "::flm";
}

def InitKind : I32EnumAttr<"InitKind", "how a parameter begins", [
    I32EnumAttrCase<"Normal", 0, "normal">,
    I32EnumAttrCase<"Constant", 1, "constant">]> {
  let cppNamespace = "::flm";
}

def MupAttr : FlmAttr<"Mup", "mup"> {
  let summary = "initial distribution and update multipliers of a parameter";
  let description = [{
    Put on every parameter by the `mup` stage. `init` is the standard deviation
    of a truncated normal (`normal`) or a fill (`constant`); `lr`, `wd` and
    `eps` multiply the recipe's learning rate (both ends of the schedule),
    weight decay and AdamW epsilon; `why` names the rule.

    ```mlir
    mup<matrix, normal(0.004242), lr 1.0, wd 1.0, eps 0.0625, "hidden 8192 / 512 = 16">
    ```
  }];
  let parameters = (ins EnumParameter<MupClass>:$role,
                        EnumParameter<InitKind>:$init,
                        "::mlir::FloatAttr":$value, "::mlir::FloatAttr":$lr,
                        "::mlir::FloatAttr":$wd, "::mlir::FloatAttr":$eps,
                        "::mlir::StringAttr":$why);
  let builders = [AttrBuilder<(ins "::flm::MupClass":$role,
      "::flm::InitKind":$init, "double":$value, "double":$lr, "double":$wd,
      "double":$eps, "::llvm::StringRef":$why)>];
  let hasCustomAssemblyFormat = 1;
}

def Arena : I32EnumAttr<"Arena", "where a buffer lies", [
    I32EnumAttrCase<"State", 0, "state">,
    I32EnumAttrCase<"Scratch", 1, "scratch">,
    I32EnumAttrCase<"Argument", 2, "argument">,
    I32EnumAttrCase<"Result", 3, "result">]> {
  let cppNamespace = "::flm";
}

def BufferAttr : FlmAttr<"Buffer", "buffer"> {
  let summary = "the bytes of a value, chosen by the `buffers` stage";
  let description = [{
    Address = arena base + offset + sum over the enclosing loops (outermost
    first) of iteration * stride. `state` and `scratch` are the arenas of the
    runtime ABI; `argument(i)` and `result(i)` are the caller's buffers.

    ```mlir
    #flm.buffer<scratch, 4096, 1048576>                 // whole
    #flm.buffer<scratch, 4096, 1048576, [0, 262144]>    // a slot of a stack
    ```
  }];
  let parameters = (ins EnumParameter<Arena>:$arena, "int64_t":$index,
                        "int64_t":$offset, "int64_t":$bytes,
                        OptionalArrayRefParameter<"int64_t">:$strides);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

#endif // FLM_ATTRIBUTES_TD
