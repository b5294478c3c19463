//===----------------------------------------------------------------------===//
// The command line of flmc.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLMC_OPTIONS_H
#define FLM_TOOLS_FLMC_OPTIONS_H

#include "passes/Stages.h"

#include <optional>
#include <string>
#include <vector>

namespace flmc {

using flm::Stage;
using flm::stageName;

struct Options {
  std::string input;
  std::string output; ///< empty: the config's name, or "-" for text
  Stage emit = Stage::exe;
  std::string config, recipe, plan;
  std::vector<std::string> overrides;
  std::string dumpDir;
  std::string scheduleTrace;  ///< empty: none
  std::string explain;        ///< "", "mup", "shard", "pipeline" or "memory"
  std::string topology;       ///< a name in Topologies.def
  std::string target = "cpu"; ///< a name in codegen/target
  std::string cpu = "native";
  std::string runtimeArchive; ///< empty: beside the compiler
  long long memoryLimit = 0;  ///< bytes; 0: none
  unsigned optLevel = 2;
  unsigned ranks = 0; ///< 0: whatever the plan has; known when stages run
  bool probe = false;
  bool verifyEach = true;
  bool timing = false;
  bool validate = false;
};

/// Parses the command line; prints what is wrong with it and gives nothing back
/// (exit status 1). --help and --version print and exit.
std::optional<Options> parseOptions(int argc, char **argv);

} // namespace flmc

#endif // FLM_TOOLS_FLMC_OPTIONS_H
