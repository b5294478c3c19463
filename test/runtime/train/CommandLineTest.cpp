//===----------------------------------------------------------------------===//
// What the flags mean.
//===----------------------------------------------------------------------===//
#include "test/runtime/train/RunFixture.h"

using namespace flmtest;
using testing::HasSubstr;

namespace {

class CommandLine : public RunFixture {
protected:
  nlohmann::json config(std::vector<std::string> arguments) {
    arguments.push_back("--print-config");
    ProcessResult result = runBinary(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }
};

TEST_F(CommandLine, NumbersAreDecimal) {
  auto json = config({"--seed", "0100", "--steps", "010", "--keep", "08",
                      "--lr", "010.50", "--eval-every=0099"});
  EXPECT_EQ(json["recipe"]["seed"], 100);
  EXPECT_EQ(json["recipe"]["steps"], 10);
  EXPECT_EQ(json["keep"], 8);
  EXPECT_EQ(json["recipe"]["lr"], 10.5);
  EXPECT_EQ(json["eval_every"], 99);
  EXPECT_THAT(errorOfRun({"--steps", "0x10"}),
              HasSubstr("--steps: found '0x10'; expected a whole number"));
  EXPECT_THAT(errorOfRun({"--lr", "0x1p-3"}), HasSubstr("found '0x1p-3'"));
  EXPECT_THAT(errorOfRun({"--steps", "9223372036854775808"}),
              HasSubstr("expected a whole number of at least 0"));
  EXPECT_THAT(errorOfRun({"--seed", "18446744073709551616"}),
              HasSubstr("--seed: found '18446744073709551616'"));
}

} // namespace
