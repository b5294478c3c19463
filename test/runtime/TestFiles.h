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

/// The fake training binary, running beside the test.
class RunningBinary {
public:
  /// `environment` and `largestFile` as in runBinary; `closed` are descriptors
  /// that it begins without.
  explicit RunningBinary(const std::vector<std::string> &arguments,
                         const std::string &environment = "",
                         int64_t largestFile = 0,
                         const std::vector<int> &closed = {});
  ~RunningBinary();

  int id() const { return process; }
  void signal(int number) const;
  /// Standard output so far.
  std::string output() const;
  /// Returns once `text` has been printed, or after some seconds: whether it
  /// was.
  bool hasPrinted(const std::string &text) const;
  /// Waits for its end.
  ProcessResult wait();

private:
  TemporaryDirectory directory;
  int process = -1;
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
