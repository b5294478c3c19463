//===----------------------------------------------------------------------===//
// A whole training binary as the user meets it: command line, exit status,
// files. Above all: a resumed run ends in the bytes of an uninterrupted one.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/CheckpointStore.h"
#include "runtime/checkpoint/MappedTensor.h"
#include "runtime/data/TokenFile.h"
#include "runtime/train/CompiledProgram.h"
#include "test/runtime/train/RunFixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sstream>

using namespace flmrt;
using namespace flmtest;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

class TrainingBinary : public RunFixture {};

//===-- Resuming ----------------------------------------------------------===//

class Resume : public TrainingBinary,
               public testing::WithParamInterface<const char *> {};

TEST_P(Resume, EndsInTheBytesOfAnUninterruptedRun) {
  std::vector<std::string> more = {"--shuffle", GetParam(),
                                   "--checkpoint-every", "5"};
  std::string whole = directory / "whole";
  ASSERT_EQ(runBinary(flags(whole, more)).status, 0);
  // 2: ctrl-C, 15: kill, 9: the machine goes down, back to a checkpoint.
  for (const char *accident : {"1:2", "4:15", "5:2", "11:2", "12:2", "7:9"}) {
    std::string cut = directory / accident;
    int signal = std::atoi(std::strchr(accident, ':') + 1);
    ProcessResult result =
        runBinary(flags(cut, more), std::string("FAKE_SIGNAL=") + accident);
    EXPECT_EQ(result.status, signal == 9 ? -9 : 128 + signal) << result.err;
    EXPECT_EQ(exists(cut + "/" + finalStep), std::string("12:2") == accident);
    more.push_back("--resume");
    result = runBinary(flags(cut, more));
    more.pop_back();
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(finalBytes(cut), finalBytes(whole)) << accident;
    EXPECT_EQ(metrics(cut), metrics(whole)) << accident;
  }
}

INSTANTIATE_TEST_SUITE_P(Shuffles, Resume, testing::Values("none", "windows"));

/// A tensor of the state after `change`, which gets its elements.
void changeTensor(const CheckpointTensors &tensors, const Tensor &tensor,
                  const std::function<void(std::vector<float> &)> &change) {
  std::vector<float> values;
  {
    MappedTensor mapped(tensors.device, tensor, MapAccess::Read);
    values.assign(mapped.data(), mapped.data() + mapped.elements());
  }
  change(values);
  MappedTensor mapped(tensors.device, tensor, MapAccess::Write);
  std::copy(values.begin(), values.end(), mapped.data());
}

/// The test above can fail: a restore that loses anything changes the bytes.
TEST_F(TrainingBinary, ABrokenRestoreChangesTheFinalBytes) {
  std::string whole = directory / "whole";
  ASSERT_EQ(runBinary(flags(whole)).status, 0);

  ProgramManifest program = ProgramManifest::parse(flm_manifest);
  CompiledProgram memory(program, 1);
  const CheckpointTensors &tensors = memory.tensors();
  auto clear = [](std::vector<float> &values) {
    std::fill(values.begin(), values.end(), 0.0f);
  };
  // Each breaks one thing in an otherwise intact checkpoint.
  using Break = std::function<void(CheckpointManifest &)>;
  const std::pair<const char *, Break> breaks[] = {
      {"nothing", [](CheckpointManifest &) {}},
      {"first moment lost",
       [&](CheckpointManifest &) {
         changeTensor(tensors, tensors.moments[0], clear);
       }},
      {"second moment lost",
       [&](CheckpointManifest &) {
         changeTensor(tensors, tensors.moments[1], clear);
       }},
      {"one bit of one parameter",
       [&](CheckpointManifest &) {
         changeTensor(tensors, tensors.parameters[1], [](auto &values) {
           values[3] = std::nextafter(values[3], 2.0f);
         });
       }},
      {"layers swapped",
       [&](CheckpointManifest &) {
         changeTensor(tensors, tensors.parameters[1], [&](auto &one) {
           changeTensor(tensors, tensors.parameters[2],
                        [&](auto &other) { one.swap(other); });
         });
       }},
      {"step off by one", [](CheckpointManifest &saved) { ++saved.step; }},
  };
  for (const auto &[name, breakIt] : breaks) {
    std::string cut = directory / name;
    EXPECT_EQ(runBinary(flags(cut), "FAKE_SIGNAL=6:2").status, 130);
    CheckpointStore store(cut, 0);
    CheckpointManifest run;
    run.model = "bigram";
    run.seed = 1337;
    run.batch = 6;
    run.seq = 10;
    CheckpointManifest saved = store.readLatest(run, tensors, [](auto) {});
    ASSERT_EQ(saved.step, 6);
    breakIt(saved);
    store.write(saved, tensors, wholeOnThisRank(tensors.device));
    EXPECT_EQ(runBinary(flags(cut, {"--resume"})).status, 0) << name;
    EXPECT_EQ(finalBytes(cut) == finalBytes(whole),
              std::string("nothing") == name)
        << name;
  }
}

TEST_F(TrainingBinary, TheResultDoesNotDependOnThreads) {
  std::string one = directory / "one", three = directory / "three";
  ASSERT_EQ(runBinary(flags(one, {"--threads", "1"})).status, 0);
  ASSERT_EQ(runBinary(flags(three, {"--threads", "3"})).status, 0);
  EXPECT_EQ(finalBytes(one), finalBytes(three));
  EXPECT_EQ(metrics(one), metrics(three));
}

TEST_F(TrainingBinary, FallsBackFromADamagedCheckpoint) {
  std::string whole = directory / "whole";
  std::vector<std::string> more = {"--checkpoint-every", "3", "--keep", "0"};
  ASSERT_EQ(runBinary(flags(whole, more)).status, 0);
  std::string expected = finalBytes(whole);
  std::string path = whole + "/" + finalStep + "/optimizer.safetensors";
  std::string bytes = readFile(path);
  bytes[bytes.size() - 5] ^= 1;
  writeFile(path, bytes);
  more.push_back("--resume");
  ProcessResult result = runBinary(flags(whole, more));
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err, AllOf(StartsWith("warning: "), HasSubstr(path)));
  EXPECT_THAT(result.out,
              HasSubstr("resumed from " + whole + "/step_00000009"));
  EXPECT_EQ(finalBytes(whole), expected);
}

TEST_F(TrainingBinary, ASecondSignalEndsItAtOnce) {
  ProcessResult result = runBinary(flags(out), "FAKE_SIGNAL=3:2:2");
  EXPECT_EQ(result.status, 130);
  EXPECT_FALSE(exists(out + "/step_00000003"));
}

TEST_F(TrainingBinary, SaysWhyItWillNotResume) {
  ASSERT_EQ(runBinary(flags(out)).status, 0);
  EXPECT_THAT(errorOfRun(flags(out)),
              AllOf(HasSubstr("already holds a run"), HasSubstr("--resume")));
  EXPECT_THAT(
      errorOfRun(flags(out, {"--resume", "--seed", "1"})),
      HasSubstr("seed (--seed): 1337 in the checkpoint, 1 in this run"));
  EXPECT_THAT(errorOfRun(flags(out, {"--resume", "--shuffle", "none"})),
              HasSubstr("shuffle"));
  writeTokens(data, 900);
  EXPECT_THAT(errorOfRun(flags(out, {"--resume"})),
              HasSubstr("1003 in the checkpoint, 900"));
  EXPECT_THAT(errorOfRun({"--out", directory / "none", "--resume"}),
              HasSubstr("no checkpoint"));
  EXPECT_FALSE(exists(directory / "none"));
  // Going on with another recipe is allowed, and said.
  writeTokens(data, 1003);
  ProcessResult result =
      runBinary(flags(out, {"--resume", "--steps", "14", "--lr", "0.01"}));
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("'lr' was 0.05"), HasSubstr("'steps' was 12")));
  EXPECT_TRUE(exists(out + "/step_00000014"));
}

//===-- Training ----------------------------------------------------------===//

TEST_F(TrainingBinary, TrainsAndLogs) {
  ProcessResult result = runBinary(flags(out, {"--probe-every", "6"}));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\nstep     1/12 | loss 5.5"));
  EXPECT_THAT(result.out, HasSubstr("| norm 0."));
  EXPECT_THAT(result.out, HasSubstr("| lr 5.00e-02 |"));
  EXPECT_THAT(result.out, HasSubstr("\nval loss 5.5"));
  EXPECT_THAT(result.out, HasSubstr("bits/byte"));
  std::vector<std::string> lines = metrics(out);
  ASSERT_EQ(lines.size(), 12u + 4 + 3); // steps, evaluations, probes
  auto first = nlohmann::json::parse(lines[0]);
  EXPECT_NEAR(first["val_loss"].get<double>(), std::log(256), 0.02);
  EXPECT_THAT(lines[1], HasSubstr("\"probes\":{\"embed\":["));
  // Also shows that the rope table has been filled: cos(0) and sin(1).
  EXPECT_THAT(lines[1], HasSubstr("\"h\":[1.0,0.84147"));
  auto last = nlohmann::json::parse(lines[16]);
  EXPECT_EQ(last["step"], 12);
  EXPECT_LT(last["loss"].get<double>(), 5.0);
  EXPECT_EQ(last["lr"], 0.005);
}

TEST_F(TrainingBinary, ReadsTheSequencesThatTheReadmeSays) {
  // With clip 0 and lr 0 the loss of a step is that of the first parameters:
  // step s, sequence i reads tokens[(s*B+i)*T .. +T+1) of the file. Evaluation
  // of the first of the windows must give the mean of the steps.
  writeTokens(val, 301);
  ProcessResult result = runBinary(
      {"--data", data, "--val", val, "--out", out, "--shuffle", "none", "--lr",
       "0", "--min-lr", "0", "--steps", "5", "--eval-batches", "0"});
  ASSERT_EQ(result.status, 0) << result.err;
  double sum = 0, val = 0;
  for (const std::string &line : metrics(out)) {
    auto record = nlohmann::json::parse(line);
    sum += record.value("loss", 0.0);
    val = record.value("val_loss", val);
  }
  EXPECT_NEAR(sum / 5, val, 1e-6);
}

TEST_F(TrainingBinary, StopsAtALossThatIsNotANumber) {
  ProcessResult result =
      runBinary(flags(out, {"--checkpoint-every", "2"}), "FAKE_NAN=5");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(
      result.err,
      AllOf(StartsWith("error: step 5 is not finite (loss nan"),
            HasSubstr("last good checkpoint is " + out + "/step_00000004")));
  EXPECT_FALSE(exists(out + "/step_00000005"));
  EXPECT_TRUE(exists(out + "/step_00000004"));
}

TEST_F(TrainingBinary, AFullDiskLeavesTheLastCheckpointIntact) {
  std::vector<std::string> more = {"--checkpoint-every", "4"};
  ASSERT_EQ(runBinary(flags(out, more), "FAKE_SIGNAL=5:2").status, 130);
  more.push_back("--resume");
  // Room for the model, but not for the optimizer.
  ProcessResult result = runBinary(flags(out, more), "", 400'000);
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(StartsWith("error: cannot write"),
                                HasSubstr("optimizer.safetensors"),
                                HasSubstr("free some space")));
  EXPECT_FALSE(exists(out + "/step_00000008"));
  EXPECT_FALSE(exists(out + "/.tmp-step_00000008"));
  EXPECT_EQ(readFile(out + "/latest"), "step_00000005\n");
  EXPECT_EQ(runBinary(flags(out, more)).status, 0);
}

TEST_F(TrainingBinary, ReportsAFullDiskUnderTheMetrics) {
  ProcessResult result = runBinary(flags(out), "", 1500);
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, StartsWith("error: cannot append to " + out +
                                     "/metrics.jsonl: No space left"));
}

//===-- Parameters from elsewhere, text -----------------------------------===//

TEST_F(TrainingBinary, StartsFromTheParametersOfAFile) {
  std::string first = directory / "first";
  ASSERT_EQ(runBinary({"--steps", "0", "--out", first}).status, 0);
  std::string file = first + "/step_00000000/model.safetensors";
  // Another seed, but the same parameters and the same data order.
  std::string a = directory / "a", b = directory / "b";
  ASSERT_EQ(runBinary(flags(a, {"--shuffle", "none"})).status, 0);
  ASSERT_EQ(
      runBinary(flags(b, {"--shuffle", "none", "--seed", "9", "--init", file}))
          .status,
      0);
  EXPECT_EQ(metrics(a), metrics(b));
  EXPECT_THAT(errorOfRun(flags(out, {"--init", data})),
              HasSubstr("not a safetensors file"));
  EXPECT_THAT(
      errorOfRun(flags(out, {"--init", first + "/step_00000000/"
                                               "optimizer.safetensors"})),
      HasSubstr("'model.table.weight' is missing"));
}

TEST_F(TrainingBinary, GeneratesTheSameTextEachTime) {
  auto textOf = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"--steps", "0", "--generate", "To be"});
    ProcessResult result = runBinary(more);
    EXPECT_EQ(result.status, 0) << result.err;
    return result.out.substr(result.out.rfind("To be"));
  };
  std::string text = textOf({});
  EXPECT_EQ(text.size(), 5u + 256 + 1);
  EXPECT_EQ(textOf({}), text);
  EXPECT_EQ(textOf({"--threads", "1", "--generate-tokens", "20"}),
            text.substr(0, 25) + "\n");
  EXPECT_NE(textOf({"--temperature", "0.1"}), text);
  ASSERT_EQ(runBinary(flags(out)).status, 0);
  EXPECT_NE(textOf({"--resume", "--out", out}), text);
  EXPECT_THAT(errorOfRun({"--steps", "0", "--generate", ""}),
              HasSubstr("found none"));
}

//===-- The command line --------------------------------------------------===//

/// `text` with every run of white space as one space.
std::string onOneLine(const std::string &text) {
  std::istringstream words(text);
  std::string line;
  for (std::string word; words >> word;)
    line += (line.empty() ? "" : " ") + word;
  return line;
}

TEST_F(TrainingBinary, ExplainsItself) {
  ProcessResult help = runBinary({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const char *line :
       {"--steps STEPS", "--min-lr RATE", "--weight-decay FACTOR",
        "--generate TEXT", "(default 0.05)", "(default cosine)"})
    EXPECT_THAT(help.out, HasSubstr(line));
  // Every key that is no choice of the compiler is a flag, in the words that
  // the spec's messages have.
  std::string text = onOneLine(help.out);
  flm::abi::Recipe recipe;
  flm::abi::forEachKey(recipe,
                       [&](const flm::abi::RecipeKey &key, const auto &) {
                         std::string flag = std::string("--") + key.name;
                         std::replace(flag.begin(), flag.end(), '_', '-');
                         flag += std::string(" ") + key.unit + " " + key.doc;
                         if (key.when == flm::abi::RecipeKey::Flag)
                           EXPECT_THAT(text, HasSubstr(flag));
                         else
                           EXPECT_THAT(text, Not(HasSubstr(flag)));
                       });
  EXPECT_THAT(runBinary({"--version"}).out, HasSubstr("ABI 3, bigram @fake"));
  ProcessResult config =
      runBinary({"--print-config", "--lr=0.5", "--schedule", "constant"});
  EXPECT_EQ(config.status, 0);
  auto json = nlohmann::json::parse(config.out);
  EXPECT_EQ(json["recipe"]["lr"], 0.5);
  EXPECT_EQ(json["recipe"]["schedule"], "constant");
  EXPECT_EQ(json["recipe"]["optimizer"], "adamw");
  EXPECT_EQ(json["global_batch"], 6);
}

TEST_F(TrainingBinary, ExplainsBadFlags) {
  EXPECT_THAT(errorOfRun({"--stesp", "4"}),
              HasSubstr("unknown flag '--stesp'; did you mean '--steps'?"));
  EXPECT_THAT(errorOfRun({"--weight_decay=4"}),
              HasSubstr("did you mean '--weight-decay'?"));
  EXPECT_THAT(errorOfRun({"train"}), HasSubstr("unexpected argument 'train'"));
  EXPECT_THAT(errorOfRun({"--steps", "1.5"}),
              HasSubstr("--steps: found '1.5'; expected a whole number"));
  EXPECT_THAT(errorOfRun({"--lr", "fast"}),
              HasSubstr("--lr: found 'fast'; expected a number"));
  EXPECT_THAT(errorOfRun({"--lr", "nan"}), HasSubstr("--lr: found 'nan'"));
  EXPECT_THAT(errorOfRun({"--seed", "-1"}), HasSubstr("--seed: found '-1'"));
  EXPECT_THAT(errorOfRun({"--threads", "0"}), HasSubstr("--threads"));
  EXPECT_THAT(errorOfRun({"--shuffle", "some"}),
              HasSubstr("expected none or windows"));
  EXPECT_THAT(errorOfRun({"--schedule", "linear"}),
              HasSubstr("expected cosine or constant"));
  EXPECT_THAT(errorOfRun({"--beta1", "1"}), HasSubstr("'beta1' is 1"));
  EXPECT_THAT(errorOfRun({"--steps"}), HasSubstr("--steps"));
  EXPECT_THAT(errorOfRun({"--resume"}), HasSubstr("--resume needs --out"));
  EXPECT_THAT(errorOfRun({"--resume", "--out", out, "--init", "x"}),
              HasSubstr("--resume and --init"));
  EXPECT_THAT(errorOfRun({}), HasSubstr("--data is missing"));
}

TEST_F(TrainingBinary, ExplainsBadFiles) {
  EXPECT_THAT(errorOfRun({"--data", directory / "none"}), HasSubstr("none"));
  writeFile(directory / "short", "abc");
  EXPECT_THAT(errorOfRun({"--data", directory / "short"}), HasSubstr("short"));
  EXPECT_THAT(errorOfRun({"--data", data, "--out", data + "/x"}),
              HasSubstr("cannot create the directory"));
}

} // namespace
