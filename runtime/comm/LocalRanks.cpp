//===----------------------------------------------------------------------===//
// Reading /proc: the environment says which job and rank a process is.
//===----------------------------------------------------------------------===//
#include "runtime/comm/LocalRanks.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

using namespace flmrt;
namespace fs = std::filesystem;

static std::string contentsOf(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The letter of `proc_pid_stat(5)`: R, S, D, Z, T, t, X.
static char stateOf(const fs::path &process) {
  std::string text = contentsOf(process / "stat");
  // The name before it may hold anything, parentheses too.
  size_t end = text.rfind(") ");
  return end == std::string::npos || end + 2 >= text.size() ? 'X'
                                                            : text[end + 2];
}

bool flmrt::isProcessStopped(int64_t process) {
  char state = stateOf("/proc/" + std::to_string(process));
  return state == 'T' || state == 't';
}

/// Of an environment as the system keeps it, NAME=value with zeros between.
static std::optional<std::string> valueIn(const std::string &environment,
                                          const std::string &name) {
  std::string begin = name + "=";
  for (size_t at = 0; at < environment.size();) {
    size_t end = environment.find('\0', at);
    end = end == std::string::npos ? environment.size() : end;
    if (environment.compare(at, begin.size(), begin) == 0)
      return environment.substr(at + begin.size(), end - at - begin.size());
    at = end + 1;
  }
  return std::nullopt;
}

static bool hasThread(const fs::path &process, const std::string &name) {
  std::error_code error;
  for (const fs::directory_entry &task :
       fs::directory_iterator(process / "task", error))
    if (contentsOf(task.path() / "comm") == name + "\n")
      return true;
  return false;
}

std::string MissingRanks::describe() const {
  std::string text;
  for (const std::vector<std::string> *list : {&stopped, &ended, &late})
    for (const std::string &rank : *list)
      text += (text.empty() ? "" : ", ") + rank;
  if (!text.empty())
    return text;
  return areAllHere ? "all ranks are there; give them more time with "
                      "--comm-timeout"
                    : "all ranks of this machine are there, look at the others";
}

MissingRanks flmrt::findMissingRanks(const Launch &launch,
                                     const std::string &thread) {
  struct Found {
    std::string process;
    bool isStopped = false, isThere = false;
  };
  std::map<int64_t, Found> ranks;
  const char *job = std::getenv(launch.jobVariable.c_str());
  std::error_code error;
  for (const fs::directory_entry &entry :
       fs::directory_iterator("/proc", error)) {
    std::string number = entry.path().filename().string();
    if (!job || number.find_first_not_of("0123456789") != std::string::npos)
      continue;
    std::string environment = contentsOf(entry.path() / "environ");
    std::optional<std::string> rank = valueIn(environment, launch.rankVariable);
    if (!rank || valueIn(environment, launch.jobVariable) != job)
      continue;
    // A script that starts the program has the same environment.
    Found &found = ranks[std::strtoll(rank->c_str(), nullptr, 10)];
    bool isStopped =
        isProcessStopped(std::strtoll(number.c_str(), nullptr, 10));
    bool isThere = hasThread(entry.path(), thread);
    if (found.process.empty() || isStopped || isThere)
      found.process = number;
    found.isStopped |= isStopped;
    found.isThere |= isThere;
  }
  MissingRanks missing;
  for (const auto &[rank, found] : ranks) {
    std::string name =
        "rank " + std::to_string(rank) + " (process " + found.process + ")";
    if (found.isStopped)
      missing.stopped.push_back(name + " is stopped");
    else if (!found.isThere)
      missing.late.push_back(name + " has not come to it");
  }
  // Of ranks on other machines nothing is known.
  missing.areAllHere = job && launch.localRanks == launch.ranks;
  if (missing.areAllHere)
    for (int64_t rank = 0; rank < launch.ranks; ++rank)
      if (!ranks.count(rank))
        missing.ended.push_back("rank " + std::to_string(rank) + " has ended");
  return missing;
}
