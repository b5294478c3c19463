//===----------------------------------------------------------------------===//
// main() of every training binary, and of every rank.
//===----------------------------------------------------------------------===//
#include "runtime/StandardDescriptors.h"
#include "runtime/UserError.h"
#include "runtime/abi/Program.h"
#include "runtime/comm/Communicator.h"
#include "runtime/comm/HostExchange.h"
#include "runtime/comm/MpiWatch.h"
#include "runtime/device/CpuFeatures.h"
#include "runtime/device/Launch.h"
#include "runtime/train/CommandLine.h"
#include "runtime/train/Interrupt.h"
#include "runtime/train/TrainingRun.h"

#include <chrono>
#include <cstdio>
#include <new>
#include <thread>
#include <unistd.h>

using namespace flmrt;

/// Refuses to run as another number of ranks than the plan's, before MPI is
/// asked: what the launcher says is enough to tell what is wrong.
static void checkWorldSize(const ProgramManifest &manifest,
                           const Launch &launch, const char *program) {
  const Mesh &mesh = manifest.distribution.mesh;
  const std::string ranks = std::to_string(mesh.ranks());
  const std::string compiled =
      "this binary was compiled for " + ranks +
      (mesh.ranks() == 1 ? " rank" : " ranks") + " (plan @" + manifest.plan +
      (mesh.axes() ? ": " + mesh.describe() : "") + ")";
  if (mesh.ranks() == 1) {
    if (launch.ranks > 1 || launch.rank > 0)
      throw UserError(
          compiled + ", but was started as " +
          (launch.ranks ? "one of " + std::to_string(launch.ranks)
                        : std::string("one of several")) +
          "; start it without mpirun, or compile a plan of as many ranks");
    return;
  }
  const std::string command =
      "start it with: mpirun -np " + ranks + " " + program + " ...";
  if (!launch.isLaunched)
    throw UserError(compiled + "; " + command);
  if (launch.ranks && launch.ranks != mesh.ranks())
    throw UserError(compiled + ", but " + std::to_string(launch.ranks) +
                    " were started; " + command);
  if (!flmrt_createMpiTransport)
    throw UserError("this binary was linked without the runtime of several "
                    "ranks; compile it again");
}

/// Prints why this rank ends.
static void report(const std::string &message, const Launch &launch) {
  if (launch.rank != 0 && !interruptSignal()) {
    // Most errors are those of all ranks, and the root has said so by now, or
    // is about to; its end reaches this rank as a signal.
    constexpr int waits = 150;
    for (int i = 0; i < waits; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      if (interruptSignal())
        return;
    }
  }
  std::fflush(stdout);
  if (launch.isLaunched)
    std::fprintf(stderr, "error: rank %lld: %s\n",
                 static_cast<long long>(launch.rank), message.c_str());
  else
    std::fprintf(stderr, "error: %s\n", message.c_str());
}

/// Runs `body`, and turns exceptions into a message. Returns the exit status.
template <typename Body>
static int reportErrors(const Launch &launch, Body body) {
  try {
    return body();
  } catch (const UserError &error) {
    report(error.what(), launch);
  } catch (const FailedElsewhere &) {
    // The other rank ends this one.
    std::this_thread::sleep_for(std::chrono::seconds(5));
  } catch (const std::bad_alloc &) {
    report("out of memory", launch);
  } catch (const std::exception &error) {
    report(std::string("internal error: ") + error.what(), launch);
  }
  return EXIT_FAILURE;
}

/// When this process began, as far as it can know.
static const MpiWatch::Clock::time_point processBegin = MpiWatch::Clock::now();

/// A limit to MPI's own start, which counts from the start of the process, or
/// to its end, within which all other limits have been met.
static MpiWatch::Settings watched(const char *what, const Options &options,
                                  MpiWatch::Clock::time_point begin,
                                  double moreSeconds) {
  return {what, options.commTimeout,
          begin + std::chrono::duration_cast<MpiWatch::Clock::duration>(
                      std::chrono::duration<double>(options.commTimeout +
                                                    moreSeconds)),
          interruptSignal};
}

static std::unique_ptr<Transport> startMpi(const Options &options,
                                           const Launch &launch) {
  MpiWatch watch(launch, watched("start", options, processBegin, 0));
  return std::unique_ptr<Transport>(flmrt_createMpiTransport());
}

static void finish(Communicator &communicator, const Options &options,
                   const Launch &launch) {
  if (communicator.ranks() == 1)
    return communicator.finish();
  MpiWatch watch(launch, watched("end", options, MpiWatch::Clock::now(), 1));
  communicator.finish();
}

static int train(const ProgramManifest &manifest, const Options &options,
                 const Launch &launch) {
  const Distribution &distribution = manifest.distribution;
  Communicator communicator(
      distribution.mesh, {options.commTimeout, interruptSignal}, [&] {
        return distribution.mesh.ranks() == 1 ? createSelfTransport()
                                              : startMpi(options, launch);
      });
  HostExchange exchange(communicator, distribution.collectives);
  int status = reportErrors(launch, [&] {
    TrainingRun run(manifest, options, communicator, exchange);
    deferSignals();
    int done = run.execute();
    exchange.finish();
    finish(communicator, options, launch);
    return done;
  });
  if (status == EXIT_FAILURE && communicator.ranks() > 1)
    communicator.abort(EXIT_FAILURE);
  return status;
}

static int run(int argc, char **argv, const Launch &launch) {
  ProgramManifest manifest = ProgramManifest::parse(flm_manifest);
  std::optional<Options> options = parseCommandLine(argc, argv, manifest);
  if (!options)
    return 0;
  if (options->printConfig) {
    std::printf("%s\n", describeConfig(manifest, *options).c_str());
    return 0;
  }
  requireCpuFeatures(manifest.cpuName, manifest.cpuFeatures);
  checkWorldSize(manifest, launch, argv[0]);
  return train(manifest, *options, launch);
}

int main(int argc, char **argv) {
  occupyStandardDescriptors();
  installSignalHandlers();
  const Launch launch = Launch::fromEnvironment();
  // One of several ranks does not know yet whether the others are further.
  if (launch.isLaunched)
    deferSignals();
  // The root speaks for all.
  if (launch.rank != 0 && !std::freopen("/dev/null", "w", stdout))
    return EXIT_FAILURE;
  return reportErrors(launch, [&] { return run(argc, argv, launch); });
}
