//===----------------------------------------------------------------------===//
// The variables of Open MPI, of other MPIs' launchers, and of PMIx.
//===----------------------------------------------------------------------===//
#include "runtime/device/Launch.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <optional>

using namespace flmrt;

static std::optional<int64_t>
numberIn(std::initializer_list<const char *> names) {
  for (const char *name : names)
    if (const char *text = std::getenv(name)) {
      char *end;
      long long value = std::strtoll(text, &end, 10);
      if (end != text && !*end && value >= 0)
        return value;
    }
  return std::nullopt;
}

/// The first of `names` that is set, or "".
static std::string setOne(std::initializer_list<const char *> names) {
  for (const char *name : names)
    if (std::getenv(name))
      return name;
  return "";
}

Launch Launch::fromEnvironment() {
  Launch launch;
  auto rank = numberIn({"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"});
  auto ranks = numberIn({"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"});
  auto localRanks = numberIn({"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"});
  launch.isLaunched = rank || ranks;
  launch.rank = rank.value_or(0);
  // PMIx alone does not say how many; another rank than 0 is not alone.
  launch.ranks = ranks.value_or(launch.isLaunched ? 0 : 1);
  launch.rankVariable =
      setOne({"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"});
  launch.jobVariable =
      setOne({"PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "PMI_JOBID"});
  launch.localRanks = std::max<int64_t>(1, localRanks.value_or(1));
  return launch;
}
