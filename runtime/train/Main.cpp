//===----------------------------------------------------------------------===//
// main() of every training binary.
//===----------------------------------------------------------------------===//
#include "runtime/UserError.h"
#include "runtime/abi/Program.h"
#include "runtime/train/CommandLine.h"
#include "runtime/train/Interrupt.h"
#include "runtime/train/TrainingRun.h"

#include <cstdio>
#include <new>

using namespace flmrt;

static int run(int argc, char **argv) {
  ProgramManifest manifest = ProgramManifest::parse(flm_manifest);
  std::optional<Options> options = parseCommandLine(argc, argv, manifest);
  if (!options)
    return 0;
  if (options->printConfig) {
    std::printf("%s\n", describeConfig(manifest, *options).c_str());
    return 0;
  }
  installSignalHandlers();
  return TrainingRun(manifest, *options).execute();
}

int main(int argc, char **argv) {
  try {
    return run(argc, argv);
  } catch (const UserError &error) {
    std::fflush(stdout);
    std::fprintf(stderr, "error: %s\n", error.what());
  } catch (const std::bad_alloc &) {
    std::fprintf(stderr, "error: out of memory\n");
  } catch (const std::exception &error) {
    std::fprintf(stderr, "error: internal error: %s\n", error.what());
  }
  return 1;
}
