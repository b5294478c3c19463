//===----------------------------------------------------------------------===//
// Sizes of a model's dims: what a config gives and what follows from it.
//===----------------------------------------------------------------------===//
#include "dialects/flm/Sizes.h"
#include "dialects/flm/DimNames.h"
#include "dialects/flm/Limits.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace flm;

FailureOr<Sizes> flm::givenSizes(ModelOp model, ConfigOp config) {
  SmallVector<StringRef> known = model.dimNames();
  Sizes sizes;
  for (auto [nameAttr, value] :
       llvm::zip(config.getNames(), config.getValues())) {
    StringRef name = cast<StringAttr>(nameAttr).getValue();
    if (!llvm::is_contained(known, name)) {
      auto diag = config.emitError()
                  << "unknown dim '" << name << "'" << suggestion(name, known);
      diag.attachNote(model.getLoc())
          << "model @" << model.getSymName() << " declares "
          << llvm::join(known, ", ");
      return diag;
    }
    auto integer = dyn_cast<IntegerAttr>(value);
    if (!integer || integer.getInt() <= 0)
      return config.emitError()
             << "'" << name << "' must be a positive integer";
    if (integer.getInt() > kLargestCount)
      return config.emitError() << "'" << name << "' is " << integer.getInt()
                                << ", more than any dim can be (2^40)";
    sizes[name] = integer.getInt();
  }
  return sizes;
}

LogicalResult flm::deriveSizes(ModelOp model, Sizes &sizes,
                               ArrayRef<StringRef> later,
                               function_ref<InFlightDiagnostic()> emitError) {
  SmallVector<StringRef> missing;
  for (DimDefAttr def : model.dimDefs()) {
    StringRef name = def.getName().getValue();
    if (sizes.count(name))
      continue;
    if (def.isFree()) {
      if (!llvm::is_contained(later, name))
        missing.push_back(name);
      continue;
    }
    StringRef from = def.getFrom().getValue();
    int64_t whole = sizes.lookup(from);
    if (!whole)
      continue; // its source is missing, which is reported
    if (!def.isQuotient()) {
      int64_t multiple = def.getMultiple();
      if (multiple > kLargestCount || whole > kLargestCount)
        return emitError() << "'" << name << " = round_up(" << from << ", "
                           << multiple << ")' is more than any dim can be";
      sizes[name] = llvm::alignTo(whole, multiple);
      continue;
    }
    StringRef divisorName = def.getDivisor().getValue();
    int64_t divisor = sizes.lookup(divisorName);
    if (!divisor)
      continue;
    if (whole % divisor)
      return emitError() << "'" << name << " = " << from << " / " << divisorName
                         << "': " << whole << " does not divide by " << divisor
                         << "; next " << from << ": "
                         << whole / divisor * divisor << ", "
                         << (whole / divisor + 1) * divisor;
    sizes[name] = whole / divisor;
  }
  if (missing.empty())
    return success();
  auto diag = emitError() << "no value for " << llvm::join(missing, ", ");
  diag.attachNote(model.getLoc())
      << "dims of @" << model.getSymName() << " are declared here";
  return diag;
}
