//===----------------------------------------------------------------------===//
// The dialect and the aliases of its types.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Flm.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace flm;

#include "dialects/flm/FlmDialect.cpp.inc"

namespace {

/// `!bsh` for [batch, seq, hidden]: initials of the dims that every model has,
/// the full name of others; the element type in front where it is not bf16 (an
/// alias that ends in a digit could clash with a renamed one); states behind.
struct FlmAsmInterface : OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;

  static StringRef shortName(StringRef dim) {
    return llvm::StringSwitch<StringRef>(dim)
        .Case("batch", "b")
        .Case("seq", "s")
        .Case("hidden", "h")
        .Case("heads", "n")
        .Case("head_dim", "d")
        .Case("ffn", "f")
        .Case("vocab", "v")
        .Case("layers", "l")
        .Case("micro", "m")
        .Default(dim);
  }

  static void appendPart(std::string &alias, StringRef part, bool apart) {
    if (!alias.empty() && alias.back() != '_' && apart)
      alias += '_';
    alias += part;
    if (apart)
      alias += '_';
  }

  AliasResult getAlias(Type type, raw_ostream &os) const override {
    auto tensor = dyn_cast<NamedTensorType>(type);
    if (!tensor || tensor.isSymbolic() || tensor.getDims().empty())
      return AliasResult::NoAlias;
    std::string alias;
    llvm::raw_string_ostream text(alias);
    if (!tensor.getElementType().isBF16())
      text << tensor.getElementType() << '_';
    for (DimAttr dim : tensor.getDims()) {
      std::string factors;
      for (StringAttr name : dim.getNames())
        factors += shortName(name.getValue());
      appendPart(alias, factors, factors.size() > 1);
    }
    for (AxisStateAttr state : tensor.getStates()) {
      StringRef argument = state.getArgument().getValue();
      appendPart(alias, state.getAxis().getValue(), true);
      appendPart(alias, argument == "*" ? "flat" : shortName(argument), true);
    }
    os << StringRef(alias).rtrim('_');
    return AliasResult::FinalAlias;
  }
};

} // namespace

void FlmDialect::initialize() {
  registerAttributes();
  registerTypes();
  registerOps();
  addInterfaces<FlmAsmInterface>();
}
