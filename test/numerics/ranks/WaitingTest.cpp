//===----------------------------------------------------------------------===//
// Ranks that do not fit together: an error that names each of them, no hang.
//===----------------------------------------------------------------------===//
#include "test/numerics/ranks/OnRanks.h"

#include <gmock/gmock.h>

using namespace flm;
using namespace flm::numerics;
using reference::RankGrid;
using testing::HasSubstr;

static std::string errorsOf(llvm::StringRef body, int64_t ranks = 2) {
  Program program = Program::of("%x: [a=2] f64", body);
  return errorsOnRanks(program, RankGrid({{"pp", ranks}}));
}

TEST(Waiting, ForARankThatHasEnded) {
  std::string errors = errorsOf(
      "%y = collective all_reduce %x over \"pp\" of 2 by \"sum\" id 3 bytes 16 "
      "{flm.at = #flm.state<pp: at(last)>} : [a=2] f64 -> [a=2] f64\nreturn");
  EXPECT_THAT(errors, HasSubstr("of rank 1 (pp = 1) waits for ever"));
  EXPECT_THAT(errors, HasSubstr("rank 0 (pp = 0) has ended"));
  EXPECT_THAT(errors, HasSubstr("rank 1 (pp = 1) is at all_reduce 3"));
}

TEST(Waiting, InAnotherCollective) {
  std::string errors = errorsOf(
      "%y = collective all_reduce %x over \"pp\" of 2 by \"sum\" id 3 bytes 16 "
      "{flm.at = #flm.state<pp: at(first)>} : [a=2] f64 -> [a=2] f64\n"
      "%z = collective all_reduce %x over \"pp\" of 2 by \"sum\" id 4 bytes 16 "
      "{flm.at = #flm.state<pp: at(last)>} : [a=2] f64 -> [a=2] f64\nreturn");
  EXPECT_THAT(errors, HasSubstr("meets all_reduce"));
  EXPECT_THAT(errors, HasSubstr("rank 0 (pp = 0) is at all_reduce 3"));
  EXPECT_THAT(errors, HasSubstr("rank 1 (pp = 1) is at all_reduce 4"));
}

TEST(Waiting, ForEachOther) {
  // All receive before they send.
  std::string errors = errorsOf(
      "%y = collective receive over \"pp\" of 3 offset 1 id 0 match 1 bytes 0 "
      "-> [a=2] f64\n"
      "collective send %y over \"pp\" of 3 offset 1 id 1 match 0 bytes 16 : "
      "[a=2] f64\nreturn",
      3);
  EXPECT_THAT(errors, HasSubstr("waits for ever"));
  for (const char *place :
       {"rank 0 (pp = 0) is at receive 0", "rank 1 (pp = 1) is at receive 0",
        "rank 2 (pp = 2) is at receive 0"})
    EXPECT_THAT(errors, HasSubstr(place));
}

TEST(Waiting, ForAnotherMessage) {
  std::string errors = errorsOf(
      "collective send %x over \"pp\" of 2 offset 1 id 5 match 7 bytes 16 "
      "{flm.at = #flm.state<pp: at(first)>} : [a=2] f64\n"
      "%y = collective receive over \"pp\" of 2 offset 1 id 7 match 6 bytes 0 "
      "{flm.at = #flm.state<pp: at(last)>} -> [a=2] f64\nreturn");
  EXPECT_THAT(errors, HasSubstr("rank 1 (pp = 1) is at receive 7"));
}

TEST(Waiting, NobodyReceives) {
  std::string errors = errorsOf(
      "collective send %x over \"pp\" of 2 offset 1 id 5 match 7 bytes 16 "
      "{flm.at = #flm.state<pp: at(first)>} : [a=2] f64\nreturn");
  EXPECT_THAT(errors, HasSubstr("of rank 0 (pp = 0) is never received by "
                                "rank 1 (pp = 1)"));
}

TEST(Waiting, ValuesOfOtherRanks) {
  std::string errors = errorsOf(
      "%y = scale %x by 2.0 {flm.at = #flm.state<pp: at(first)>} : [a=2] f64\n"
      "%z = add %x, %y : [a=2] f64\nreturn");
  EXPECT_THAT(errors,
              HasSubstr("reads operand #1, which this rank does not have"));
  EXPECT_THAT(errors, HasSubstr("fails on rank 1 (pp = 1)"));
}

TEST(Waiting, GridsThatDoNotFit) {
  std::string errors = errorsOf(
      "%y = collective all_gather %x over \"tp\" of 4 dim 0 id 3 bytes 16 "
      ": [a=2] f64 -> [a=8] f64\nreturn");
  EXPECT_THAT(errors,
              HasSubstr("is over 4 ranks of 'tp', of which the grid has 1"));
}

TEST(Waiting, OneRankIsToldToBeSeveral) {
  Program program = Program::of(
      "%x: [a=2] i32", "%y = local_tokens %x over \"tp\" size 4 : [a=2] i32\n"
                       "return %y : [a=2] i32");
  State state;
  EXPECT_THAT(program.errorsOf({Tensor({2})}, state),
              HasSubstr("must be run on the ranks of a grid"));
}
