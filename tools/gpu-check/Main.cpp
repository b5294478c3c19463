//===----------------------------------------------------------------------===//
// Checks and times GPU kernels on the machine it is copied to:
//
//   gpu-check                    all of it; a table, and results.json
//   gpu-check --list             what it carries
//   gpu-check pack ...           how build-bundle.sh puts kernels behind it
//
// Exit status: 0; 1 if a result is wrong or a kernel fails; 2 if nothing can
// run at all.
//===----------------------------------------------------------------------===//
#include "runtime/UserError.h"
#include "tools/gpu-check/Report.h"
#include "tools/gpu-check/Worker.h"

#include <CLI/CLI.hpp>

#include <fstream>

using namespace flm::gpucheck;
namespace fs = std::filesystem;

namespace {

struct Options {
  bool list = false;
  std::string filter, json = "results.json", schedules;
  std::string peer;
  SessionOptions session;
  long workerFrom = -1;

  fs::path packList, packFolder, packOut;
  std::string packOrigin;
};

} // namespace

static int listKernels(const Bundle &bundle) {
  std::cout << "kernels: " << bundle.origin << '\n';
  for (const BundledKernel &kernel : bundle.kernels) {
    std::cout << kernel.description.name << ' ' << kernel.description.arch
              << ", " << kernel.image.size() << " bytes: " << kernel.attribute
              << '\n';
    for (const Case &run : kernel.cases) {
      std::cout << (run.timed ? "  time " : "  check ") << describe(run.sizes);
      if (run.sizes != run.reference)
        std::cout << " as " << describe(run.reference);
      std::cout << (run.label.empty() ? "" : " ") << run.label << '\n';
    }
  }
  return 0;
}

static void write(const std::string &path, const nlohmann::json &contents) {
  std::ofstream file(path);
  file << contents.dump(1) << '\n';
  file.close();
  if (!file)
    throw flmrt::UserError("cannot write '" + path + "'");
}

static int check(const fs::path &self, const Bundle &bundle, Options options) {
  std::vector<BundleRun> runs = runsOf(bundle, options.filter);
  if (runs.empty())
    throw flmrt::UserError("no kernel's name contains '" + options.filter +
                           "'; --list shows them");
  options.session.worker = {self.string(), "--filter", options.filter,
                            "--worker-from"};
  if (!options.peer.empty())
    options.session.peer = {"python3", options.peer};
  Session session(runs, options.session);
  std::vector<RunResult> results = session.run();
  Circumstances circumstances{session.device(),   currentDate(),
                              queryClocks(),      bundle.origin,
                              session.peerText(), session.copyRate()};
  std::cerr << '\n';
  printTable(std::cout, circumstances, results);
  write(options.json, toJson(circumstances, results));
  if (!options.schedules.empty())
    write(options.schedules, toSchedules(results));
  return count(results, RunResult::Verdict::Wrong) > 0 ? 1 : 0;
}

static int run(const fs::path &self, CLI::App &app, const Options &options) {
  if (app.got_subcommand("pack")) {
    writeBundle(self, options.packList, options.packFolder, options.packOrigin,
                options.packOut);
    return 0;
  }
  Bundle bundle = readBundle(self);
  if (options.list)
    return listKernels(bundle);
  if (options.workerFrom >= 0) {
    std::vector<BundleRun> runs = runsOf(bundle, options.filter);
    Worker(runs, static_cast<size_t>(options.workerFrom))
        .serve(std::cin, std::cout);
    return 0;
  }
  return check(self, bundle, options);
}

int main(int argc, char **argv) {
  Options options;
  CLI::App app("GPU kernels: are they right, are they fast", "gpu-check");
  app.add_flag("--list", options.list, "Print the kernels and their runs");
  app.add_option("--filter", options.filter,
                 "Only kernels with this in their name");
  app.add_option("--json", options.json, "Where the results go")
      ->capture_default_str();
  app.add_option("--schedules", options.schedules,
                 "Where the speed of each GEMM schedule goes, as JSON");
  app.add_option("--peer", options.peer,
                 "A Python script that does the same work (compare.py)");
  app.add_option("--rounds", options.session.rounds,
                 "How often each timed run is measured, in turn with the peer")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--kernel-seconds", options.session.kernelSeconds,
                 "A kernel that takes longer than this hangs")
      ->capture_default_str();
  app.add_option("--minutes", options.session.minutes,
                 "After this time nothing more is timed")
      ->capture_default_str();
  app.add_option("--worker-from", options.workerFrom)->group("");
  CLI::App *pack =
      app.add_subcommand("pack", "Put kernels behind this program");
  pack->add_option("--list", options.packList, "The list of kernels")
      ->required();
  pack->add_option("--folder", options.packFolder,
                   "i.json and i.fatbin of each kernel")
      ->required();
  pack->add_option("--origin", options.packOrigin, "What they were built from");
  pack->add_option("--out", options.packOut, "The program to write")
      ->required();
  CLI11_PARSE(app, argc, argv);
  try {
    return run(fs::read_symlink("/proc/self/exe"), app, options);
  } catch (const std::exception &error) {
    std::cerr << "error: " << error.what() << '\n';
    return 2;
  }
}
