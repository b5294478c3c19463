//===----------------------------------------------------------------------===//
// The numbers that the compiler and the runtime must agree on, and every kind
// of collective over ranks that are threads.
//===----------------------------------------------------------------------===//
#include "runtime/abi/Collectives.h"
#include "runtime/comm/Fold.h"
#include "runtime/comm/Mesh.h"
#include "test/runtime/comm/CollectiveCheck.h"
#include "test/runtime/comm/InProcessRanks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <string>

using namespace flm::abi;
using namespace flmrt;
using namespace flmtest;
using testing::ElementsAre;

namespace {

TEST(Collectives, HaveTheNamesOfTheManifest) {
  EXPECT_EQ(collectiveKind("reduce_scatter"), CollectiveKind::reduce_scatter);
  EXPECT_EQ(collectiveKind("broadcast"), std::nullopt);
  EXPECT_STREQ(name(CollectiveKind::all_to_all), "all_to_all");
}

TEST(Collectives, FoldTheLargestPowerOfTwoFirst) {
  std::function<std::string(int64_t, int64_t)> fold = [&](int64_t begin,
                                                          int64_t n) {
    if (n == 1)
      return std::to_string(begin);
    int64_t head = foldHead(n);
    return "(" + fold(begin, head) + fold(begin + head, n - head) + ")";
  };
  EXPECT_EQ(fold(0, 1), "0");
  EXPECT_EQ(fold(0, 4), "((01)(23))");
  EXPECT_EQ(fold(0, 7), "(((01)(23))((45)6))");
  // Ranks with two slots each give the tree of all slots.
  EXPECT_EQ(fold(0, 6), "(((01)(23))(45))");
}

TEST(Collectives, CountTheBytesThatARankSends) {
  using Kind = CollectiveKind;
  EXPECT_EQ(bytesSent(Kind::all_gather, 4, 64, 0, 4), 3 * 16 * 4);
  EXPECT_EQ(bytesSent(Kind::all_gather, 4, 61, 20, 2), 3 * 20 * 2);
  EXPECT_EQ(bytesSent(Kind::reduce_scatter, 2, 64, 0, 4), 32 * 4);
  EXPECT_EQ(bytesSent(Kind::all_reduce, 4, 61, 0, 4), 2 * 3 * 16 * 4);
  EXPECT_EQ(bytesSent(Kind::all_reduce, 8, 1, 0, 4), 2 * 7 * 4);
  EXPECT_EQ(bytesSent(Kind::all_to_all, 4, 64, 0, 4), 3 * 4 * 4);
  EXPECT_EQ(bytesSent(Kind::send, 2, 64, 0, 2), 128);
  for (Kind kind : {Kind::slice, Kind::mask, Kind::receive})
    EXPECT_EQ(bytesSent(kind, 2, 64, 0, 4), 0);
}

TEST(Mesh, NumbersRanksRowMajor) {
  Mesh mesh({"dp", "pp", "tp"}, {2, 3, 4});
  EXPECT_EQ(mesh.ranks(), 24);
  EXPECT_EQ(mesh.describe(), "dp 2 x pp 3 x tp 4");
  EXPECT_EQ(mesh.find("tp"), 2);
  EXPECT_EQ(mesh.find("ep"), std::nullopt);
  const int64_t rank = (1 * 3 + 2) * 4 + 3;
  EXPECT_EQ(mesh.coordinate(rank, 0), 1);
  EXPECT_EQ(mesh.coordinate(rank, 1), 2);
  EXPECT_EQ(mesh.coordinate(rank, 2), 3);
  EXPECT_EQ(mesh.withCoordinate(rank, 1, 0), 15);
  EXPECT_THAT(mesh.group(rank, 0), ElementsAre(11, 23));
  EXPECT_THAT(mesh.group(rank, 1), ElementsAre(15, 19, 23));
  EXPECT_EQ(mesh.indexOver(rank, {0, 2}), 7);
  EXPECT_EQ(mesh.indexOver(rank, {}), 0);
  EXPECT_EQ(Mesh().ranks(), 1);
}

TEST(Fold, KeepsItsOrderAndItsNaNs) {
  // 1e8 + 1 = 1e8 in f32: every other order gives another sum.
  const float a = 1e8f, b = -1e8f, c = 1, d = 1, e = 3;
  const void *sources[] = {&a, &c, &b, &d, &e};
  float out;
  fold(sources, 5, &out, 1, ElementType::F32, Reduction::Sum);
  EXPECT_EQ(out, 3.0f); // ((1e8 + 1) + (-1e8 + 1)) + 3
  fold(sources, 5, &out, 1, ElementType::F32, Reduction::Max);
  EXPECT_EQ(out, 1e8f);
  const float nan = std::nanf("");
  for (int at = 0; at < 5; ++at) {
    const void *with[] = {&a, &c, &b, &d, &e};
    with[at] = &nan;
    fold(with, 5, &out, 1, ElementType::F32, Reduction::Max);
    EXPECT_NE(out, out) << at;
  }
}

TEST(Fold, RoundsBF16OnceAtTheEnd) {
  // 1, 2^-8 and 2^-8: each alone is lost beside 1, both are its next neighbour.
  const uint16_t one = 0x3F80, small = 0x3B80;
  const void *sources[] = {&one, &small, &small};
  uint16_t out;
  fold(sources, 3, &out, 1, ElementType::BF16, Reduction::Sum);
  EXPECT_EQ(out, 0x3F81);
}

class Ranks : public testing::TestWithParam<std::vector<int64_t>> {};

TEST_P(Ranks, CarryOutEveryKindOfCollective) {
  std::vector<std::string> names;
  for (size_t axis = 0; axis < GetParam().size(); ++axis)
    names.push_back(std::string(1, static_cast<char>('a' + axis)));
  Mesh mesh(names, GetParam());
  for (uint32_t seed : {1, 2})
    for (bool isOverlapped : {false, true}) {
      std::vector<Collective> collectives = randomCollectives(mesh, 60, seed);
      runRanks(mesh, collectives,
               [&](Communicator &, ProgramExchange &exchange) {
                 EXPECT_EQ(
                     checkCollectives(exchange, collectives, isOverlapped), "");
               });
    }
}

INSTANTIATE_TEST_SUITE_P(Meshes, Ranks,
                         testing::Values(std::vector<int64_t>{2},
                                         std::vector<int64_t>{3},
                                         std::vector<int64_t>{2, 2},
                                         std::vector<int64_t>{5, 1},
                                         std::vector<int64_t>{2, 2, 2}));

TEST(HostExchange, SendsNeverWait) {
  // Each rank starts to receive before it sends, and sends many.
  Mesh mesh({"pp"}, {2});
  Collective send;
  send.kind = CollectiveKind::send;
  send.shape = {3};
  send.offset = 1;
  send.match = 1;
  Collective receive = send;
  receive.kind = CollectiveKind::receive;
  receive.id = 1;
  receive.match = 0;
  runRanks(mesh, {send, receive},
           [&](Communicator &, ProgramExchange &exchange) {
             for (int round = 0; round < 3; ++round) {
               std::vector<std::array<float, 3>> in(20);
               exchange.start(1, nullptr, in[0].data());
               for (float i = 0; i < 20; ++i) {
                 float out[] = {float(exchange.rank()), i, float(round)};
                 exchange.start(0, out, nullptr);
                 exchange.wait(0);
               }
               exchange.wait(1);
               for (size_t i = 1; i < 20; ++i) {
                 exchange.start(1, nullptr, in[i].data());
                 exchange.wait(1);
               }
               for (size_t i = 0; i < 20; ++i)
                 EXPECT_THAT(in[i], ElementsAre(1.0f - float(exchange.rank()),
                                                float(i), float(round)));
             }
             EXPECT_THAT(exchange.bytesSent(), ElementsAre(3 * 20 * 12, 0));
           });
}

TEST(Communicator, AgreesBetweenSteps) {
  Mesh mesh({"dp"}, {5});
  runRanks(mesh, {}, [&](Communicator &communicator, ProgramExchange &) {
    const int64_t rank = communicator.rank();
    EXPECT_THAT(communicator.largest("", {rank, -rank, 7}),
                ElementsAre(4, 0, 7));
    EXPECT_EQ(communicator.fromRoot("", rank == 0 ? "all of it" : "x"),
              "all of it");
    std::vector<int64_t> all = communicator.toRoot("", {rank, 2 * rank});
    if (communicator.isRoot())
      EXPECT_THAT(all, ElementsAre(0, 0, 1, 2, 2, 4, 3, 6, 4, 8));
    else
      EXPECT_TRUE(all.empty());
  });
}

} // namespace
