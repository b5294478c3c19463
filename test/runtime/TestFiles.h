//===----------------------------------------------------------------------===//
// Files, token files and child processes for the runtime's tests.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_RUNTIME_TESTFILES_H
#define FLM_TEST_RUNTIME_TESTFILES_H

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace flmtest {

/// A directory that is gone when the test ends.
class TemporaryDirectory {
public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  std::string operator/(const std::string &name) const;

private:
  std::string path;
};

std::string readFile(const std::string &path);
void writeFile(const std::string &path, const std::string &bytes);
bool exists(const std::string &path);

/// An llm.c token file of `count` tokens below 256, the same ones every time.
void writeTokens(const std::string &path, int64_t count);

struct ProcessResult {
  int status = -1; ///< exit status, or -signal
  std::string out, err;
};

/// Runs the fake training binary. `environment` is NAME=value; `largestFile`
/// > 0 makes the disk full after that many bytes per file.
ProcessResult runBinary(const std::vector<std::string> &arguments,
                        const std::string &environment = "",
                        int64_t largestFile = 0);

/// The message of the UserError that `action` throws, or "" if it throws none.
std::string errorOf(const std::function<void()> &action);

} // namespace flmtest

#endif // FLM_TEST_RUNTIME_TESTFILES_H
