//===----------------------------------------------------------------------===//
// Collectives in rounds: the same results however small a round is, in memory
// that does not grow with the tensors.
//===----------------------------------------------------------------------===//
#include "runtime/comm/CollectiveEngine.h"
#include "test/runtime/comm/CollectiveCheck.h"
#include "test/runtime/comm/InProcessRanks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

using namespace flmrt;
using namespace flmtest;
using flm::abi::CollectiveKind;
using flm::abi::kRoundBytes;

namespace {

//===-- Results -----------------------------------------------------------===//

class Rounds : public testing::TestWithParam<int64_t> {};

TEST_P(Rounds, OfAFewElementsGiveTheSameBits) {
  const std::vector<std::vector<int64_t>> meshes = {{2}, {3}, {2, 2}};
  for (const std::vector<int64_t> &sizes : meshes) {
    std::vector<std::string> names;
    for (size_t axis = 0; axis < sizes.size(); ++axis)
      names.push_back(std::string(1, static_cast<char>('a' + axis)));
    Mesh mesh(names, sizes);
    std::vector<Collective> collectives = randomCollectives(mesh, 80, 5);
    for (bool isOverlapped : {false, true})
      runRanks(
          mesh, collectives,
          [&](Communicator &, ProgramExchange &exchange) {
            EXPECT_EQ(checkCollectives(exchange, collectives, isOverlapped),
                      "");
            // A slot is never smaller than its alignment.
            EXPECT_LE(exchange.stagingBytes(),
                      2 * 3 * std::max<int64_t>(64, GetParam()));
          },
          GetParam());
  }
}

// Single elements, a few, a round that divides little, and several cache lines.
INSTANTIATE_TEST_SUITE_P(Bytes, Rounds, testing::Values(1, 24, 100, 400));

//===-- Memory ------------------------------------------------------------===//

/// Moves nothing and checks where it would: within the operand, the result and
/// the staging memory, at addresses that nobody has to own.
class WatchfulMover final : public PartMover {
public:
  WatchfulMover(int64_t inBytes, int64_t outBytes, int64_t stagingBytes)
      : regions{{in(), inBytes}, {out(), outBytes}, {staging(), stagingBytes}} {
  }

  static char *in() { return reinterpret_cast<char *>(int64_t(1) << 44); }
  static char *out() { return reinterpret_cast<char *>(int64_t(2) << 44); }
  static char *staging() { return reinterpret_cast<char *>(int64_t(3) << 44); }

  void send(int64_t, const void *data, int64_t bytes) override {
    check(data, bytes);
  }
  void receive(int64_t, void *data, int64_t bytes) override {
    check(data, bytes);
  }
  void flush() override {}
  void copy2d(void *to, int64_t toPitch, const void *from, int64_t fromPitch,
              int64_t rowBytes, int64_t rows) override {
    check(to, toPitch * (rows - 1) + rowBytes);
    check(from, fromPitch * (rows - 1) + rowBytes);
  }
  void zero(void *to, int64_t bytes) override { check(to, bytes); }
  void fold(const void *const *parts, int64_t count, void *out,
            int64_t elements, ElementType type, Reduction) override {
    for (int64_t i = 0; i < count; ++i)
      check(parts[i], elements * elementBytes(type));
    check(out, elements * elementBytes(type));
  }

  /// The highest byte of the staging memory that was used.
  int64_t peak = 0;

private:
  struct Region {
    const char *begin;
    int64_t bytes;
  };

  void check(const void *at, int64_t bytes) {
    ASSERT_GT(bytes, 0);
    const auto *first = static_cast<const char *>(at);
    for (const Region &region : regions)
      if (first >= region.begin && first < region.begin + region.bytes) {
        EXPECT_LE(first + bytes - region.begin, region.bytes);
        if (region.begin == staging())
          peak = std::max(peak, first + bytes - region.begin);
        return;
      }
    ADD_FAILURE() << "an address that belongs to nobody";
  }

  const Region regions[3];
};

/// A gradient of 256 MiB, or as much of it as can be split.
Collective gradient(CollectiveKind kind, std::vector<int64_t> shape,
                    int64_t flat = 0, int64_t dim = 0) {
  Collective collective;
  collective.kind = kind;
  collective.shape = std::move(shape);
  collective.flat = flat;
  collective.dim = dim;
  collective.to = 1;
  return collective;
}

TEST(CollectiveEngine, NeedsLittleMemoryForLargeTensors) {
  using Kind = CollectiveKind;
  constexpr int64_t side = 8192; // squared, times 4 bytes: 256 MiB
  for (int64_t ranks : {2, 8, 64}) {
    const std::vector<Collective> collectives = {
        gradient(Kind::reduce_scatter, {side, side}),
        gradient(Kind::reduce_scatter, {side, side}, 0, 1),
        gradient(Kind::reduce_scatter, {side, side},
                 side * side / ranks + 1000),
        gradient(Kind::all_reduce, {side, side}),
        gradient(Kind::all_reduce, {side * side - 1}),
        gradient(Kind::all_gather, {side, side}),
        gradient(Kind::all_gather, {side, side}, 0, 1),
        // The second half of the parts is nothing but padding.
        gradient(Kind::all_gather, {side, side}, 2 * side * side / ranks),
        gradient(Kind::all_to_all, {side, side}),
        gradient(Kind::slice, {side, side}, 0, 1),
    };
    Mesh mesh({"dp"}, {ranks});
    for (const Collective &collective : collectives)
      for (int64_t rank : {int64_t(0), ranks - 1}) {
        SCOPED_TRACE(collective.describe(mesh) + " on rank " +
                     std::to_string(rank) + " of " + std::to_string(ranks));
        CollectiveEngine engine(mesh, rank);
        const int64_t bytes = engine.stagingBytes({collective});
        EXPECT_LT(bytes, kRoundBytes * 5 / 2);
        const int64_t whole = collective.elements() * 4;
        const int64_t part =
            collective.flat ? collective.flat * 4 : whole / ranks;
        const bool takesPart = collective.kind == Kind::all_gather ||
                               collective.kind == Kind::all_to_all;
        const bool givesPart =
            !takesPart || collective.kind == Kind::all_to_all;
        const bool isSum = collective.kind == Kind::all_reduce;
        WatchfulMover mover(takesPart ? part : whole,
                            givesPart && !isSum ? part : whole, bytes);
        EXPECT_EQ(engine.run(collective, mover, mover.staging(), mover.in(),
                             mover.out()),
                  flm::abi::bytesSent(collective.kind, ranks,
                                      collective.elements(), collective.flat,
                                      4));
        // And no more than there is use for.
        if (rank == 0) {
          EXPECT_GE(2 * mover.peak, bytes);
        }
      }
  }
}

TEST(CollectiveEngine, NeedsNoMemoryWherePartsFit) {
  Mesh mesh({"tp"}, {4});
  CollectiveEngine engine(mesh, 0);
  // Straight from where they are to where they belong.
  EXPECT_EQ(engine.stagingBytes({gradient(CollectiveKind::all_gather, {8, 3}),
                                 gradient(CollectiveKind::slice, {8, 3}),
                                 gradient(CollectiveKind::mask, {8, 3})}),
            0);
  EXPECT_EQ(
      engine.stagingBytes({gradient(CollectiveKind::all_gather, {8, 3}, 6)}),
      0);
  // Small tensors take what they are: a slot for each rank's part.
  EXPECT_EQ(
      engine.stagingBytes({gradient(CollectiveKind::reduce_scatter, {64, 4})}),
      4 * 64 * 4);
}

} // namespace
