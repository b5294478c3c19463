//===----------------------------------------------------------------------===//
// A process that answers lines with lines.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_GPU_CHECK_CHILDPROCESS_H
#define FLM_TOOLS_GPU_CHECK_CHILDPROCESS_H

#include <string>
#include <sys/types.h>
#include <vector>

namespace flm::gpucheck {

class ChildProcess {
public:
  /// Starts `command`, found on PATH. One that cannot be started has ended.
  explicit ChildProcess(const std::vector<std::string> &command);
  /// Kills it.
  ~ChildProcess();
  ChildProcess(const ChildProcess &) = delete;
  ChildProcess &operator=(const ChildProcess &) = delete;

  void send(const std::string &line);

  enum class Event { Line, Timeout, Ended };
  /// Waits for a line for `seconds`.
  Event receive(std::string &line, double seconds);

  /// Waits for its end, and says what ended it, e.g. "was killed by signal 11".
  std::string ending();

private:
  /// For ten seconds: one that is stuck in the driver may never end, and must
  /// not keep us. Whether it has ended.
  bool waitForEnd(int &status) const;

  pid_t process = -1;
  int input = -1, output = -1;
  std::string buffer;
};

} // namespace flm::gpucheck

#endif // FLM_TOOLS_GPU_CHECK_CHILDPROCESS_H
