//===----------------------------------------------------------------------===//
// State cut for ranks and put together again.
//===----------------------------------------------------------------------===//
#include "codegen/reference/Distribute.h"
#include "dialects/flm/Flm.h"
#include "test/codegen/reference/ExpectTensor.h"
#include "test/numerics/Program.h"
#include "test/numerics/ranks/OnRanks.h"

#include "mlir/AsmParser/AsmParser.h"

#include <gmock/gmock.h>

#include <numeric>
#include <random>

using namespace flm;
using namespace flm::numerics;
using reference::Layout;
using reference::RankGrid;
using testing::HasSubstr;

namespace {

class Layouts : public testing::Test {
protected:
  Layouts() { context.loadDialect<FlmDialect>(); }

  NamedTensorType type(llvm::StringRef text) {
    return llvm::cast<NamedTensorType>(
        mlir::parseType(("!flm.tensor<" + text + ">").str(), &context));
  }
  Tensor count(llvm::ArrayRef<int64_t> shape) {
    Tensor tensor(shape);
    std::iota(tensor.data.begin(), tensor.data.end(), 1);
    return tensor;
  }

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
};

} // namespace

TEST_F(Layouts, ZeroOverAPartOfTensorParallelism) {
  RankGrid grid({{"dp", 2}, {"tp", 2}});
  Layout layout(type("[a=3, b=4] f32 on {dp: split(*), tp: split(b)}"),
                type("[flat=4] f32"), grid, {});
  Tensor whole = count({3, 4}); // rank tp = 1 has 3 4 7 8 11 12
  expectTensor(layout.partOf(whole, 0), {1, 2, 5, 6});
  expectTensor(layout.partOf(whole, 1), {3, 4, 7, 8});
  expectTensor(layout.partOf(whole, 3), {11, 12, 0, 0});
}

TEST_F(Layouts, BlocksOfInterleavedStages) {
  RankGrid grid({{"pp", 2}});
  Layout layout(type("[layers=4] f32 on {pp: split(layers)}"),
                type("[stage_chunk=2, layers=1] f32"), grid, {"pp", 2});
  expectTensor(layout.partOf(count({4}), 0), {1, 3});
  expectTensor(layout.partOf(count({4}), 1), {2, 4});
}

TEST_F(Layouts, OneEnd) {
  RankGrid grid({{"pp", 3}});
  Layout layout(type("[a=2] f32 on {pp: at(last)}"), type("[a=2] f32"), grid,
                {});
  EXPECT_FALSE(layout.has(0));
  EXPECT_FALSE(layout.has(1));
  EXPECT_TRUE(layout.has(2));
}

TEST_F(Layouts, ScatterThenGatherIsTheWhole) {
  std::mt19937 bits(11);
  auto below = [&](int64_t n) { return static_cast<int64_t>(bits() % n); };
  for (int trial = 0; trial < 300; ++trial) {
    int64_t dp = 1 + below(4), pp = 1 + below(3), tp = 1 + below(3);
    int64_t chunks = 1 + below(2), perStage = 1 + below(2), rows = 1 + below(3),
            columns = 1 + below(5);
    // Which dims are split, and what is left of each.
    bool byLayers = below(2), byColumns = below(2), flat = below(2);
    if (!byLayers)
      chunks = 1;
    int64_t layers = perStage * (byLayers ? pp * chunks : 1),
            wholeColumns = columns * (byColumns ? tp : 1);
    std::string states;
    auto add = [&](const std::string &state) {
      states += (states.empty() ? "" : ", ") + state;
    };
    if (flat)
      add("dp: split(*)");
    if (byLayers)
      add("pp: split(layers)");
    else if (below(2))
      add(below(2) ? "pp: at(first)" : "pp: at(last)");
    if (byColumns)
      add("tp: split(c)");
    int64_t mine = (byLayers ? chunks : 1) * perStage * rows * columns;
    int64_t part = (mine + dp - 1) / dp + below(2);
    std::string sizes = "r=" + std::to_string(rows) + ", c=";
    std::string global = "[layers=" + std::to_string(layers) + ", " + sizes +
                         std::to_string(wholeColumns) + "] f32" +
                         (states.empty() ? "" : " on {" + states + "}");
    std::string local =
        flat ? "[flat=" + std::to_string(part) + "] f32"
             : "[" +
                   (chunks > 1 ? "stage_chunk=" + std::to_string(chunks) + ", "
                               : std::string()) +
                   "layers=" + std::to_string(perStage) + ", " + sizes +
                   std::to_string(columns) + "] f32";
    RankGrid grid({{"dp", dp}, {"pp", pp}, {"tp", tp}});
    SCOPED_TRACE(global + " as " + local);
    Program program(
        "flm.program @test of @test() {\n%m = state \"m\" {flm.global = "
        "!flm.tensor<" +
        global + ">} : " + local + "\nreturn\n}\n");
    State whole;
    whole["m"] = randomNormal({layers, rows, wholeColumns}, trial);
    std::vector<State> parts;
    for (int64_t rank = 0; rank < grid.ranks(); ++rank)
      parts.push_back(reference::scattered(whole, program.op(), grid, rank,
                                           {"pp", chunks}));
    llvm::SmallVector<const State *> states_;
    for (State &state : parts)
      states_.push_back(&state);
    auto again =
        reference::gathered(states_, program.op(), grid, {"pp", chunks});
    ASSERT_TRUE(llvm::succeeded(again));
    ASSERT_EQ((*again)["m"].data, whole["m"].data);
  }
}

TEST_F(Layouts, RanksThatDisagreeAreRefused) {
  RankGrid grid({{"dp", 2}});
  auto errorOf = [&](llvm::StringRef global, llvm::StringRef local,
                     std::vector<Tensor> parts) {
    Program program(("flm.program @test of @test() {\n%m = state \"m\" "
                     "{flm.global = !flm.tensor<" +
                     global + ">} : " + local + "\nreturn\n}\n")
                        .str());
    std::string error;
    mlir::ScopedDiagnosticHandler handler(program.op()->getContext(),
                                          [&](mlir::Diagnostic &diagnostic) {
                                            error = diagnostic.str();
                                            return llvm::success();
                                          });
    State a, b;
    a["m"] = parts[0];
    if (parts.size() > 1)
      b["m"] = parts[1];
    EXPECT_TRUE(
        llvm::failed(reference::gathered({&a, &b}, program.op(), grid)));
    return error;
  };
  EXPECT_THAT(errorOf("[a=2] f32", "[a=2] f32",
                      {Tensor({2}, {1, 2}), Tensor({2}, {1, 3})}),
              HasSubstr("of rank 1 (dp = 1) differs from another rank in "
                        "element 1"));
  EXPECT_THAT(errorOf("[a=3] f32 on {dp: split(*)}", "[flat=2] f32",
                      {Tensor({2}, {1, 2}), Tensor({2}, {3, 4})}),
              HasSubstr("has padding that is not zero"));
  EXPECT_THAT(errorOf("[a=2] f32", "[a=2] f32", {Tensor({2}, {1, 2})}),
              HasSubstr("of rank 1 (dp = 1) is missing"));
  EXPECT_THAT(errorOf("[a=2] f32", "[a=2] f32",
                      {Tensor({3}, {1, 2, 3}), Tensor({2}, {1, 2})}),
              HasSubstr("has the wrong size"));
}
