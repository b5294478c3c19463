//===----------------------------------------------------------------------===//
// Starting a process, talking to it, ending it.
//===----------------------------------------------------------------------===//
#include "tools/gpu-check/ChildProcess.h"

#include "runtime/UserError.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace flm::gpucheck;

ChildProcess::ChildProcess(const std::vector<std::string> &command) {
  // A process that has gone must not end this one.
  signal(SIGPIPE, SIG_IGN);
  int toChild[2], fromChild[2];
  // Closed in whatever is started: a second child must not keep these open.
  if (pipe2(toChild, O_CLOEXEC) != 0 || pipe2(fromChild, O_CLOEXEC) != 0)
    throw flmrt::UserError(std::string("no pipe: ") + std::strerror(errno));
  std::vector<char *> arguments;
  for (const std::string &word : command)
    arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  process = fork();
  if (process < 0)
    throw flmrt::UserError(std::string("no process: ") + std::strerror(errno));
  if (process == 0) {
    dup2(toChild[0], STDIN_FILENO);
    dup2(fromChild[1], STDOUT_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  close(toChild[0]);
  close(fromChild[1]);
  input = toChild[1];
  output = fromChild[0];
}

ChildProcess::~ChildProcess() {
  close(input);
  close(output);
  if (process <= 0)
    return;
  kill(process, SIGKILL);
  int status;
  waitForEnd(status);
}

bool ChildProcess::waitForEnd(int &status) const {
  for (int i = 0; i < 100; ++i) {
    if (waitpid(process, &status, WNOHANG) != 0)
      return true;
    usleep(100000);
  }
  return false;
}

void ChildProcess::send(const std::string &line) {
  std::string text = line + "\n";
  for (size_t sent = 0; sent < text.size();) {
    ssize_t count = write(input, text.data() + sent, text.size() - sent);
    if (count <= 0 && errno != EINTR)
      return; // It has gone, as receive() will tell.
    sent += count > 0 ? static_cast<size_t>(count) : 0;
  }
}

ChildProcess::Event ChildProcess::receive(std::string &line, double seconds) {
  using Clock = std::chrono::steady_clock;
  auto end = Clock::now() + std::chrono::duration<double>(seconds);
  for (;;) {
    if (size_t at = buffer.find('\n'); at != std::string::npos) {
      line = buffer.substr(0, at);
      buffer.erase(0, at + 1);
      return Event::Line;
    }
    std::chrono::duration<double, std::milli> left = end - Clock::now();
    if (left.count() <= 0)
      return Event::Timeout;
    pollfd waiting{output, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(left.count()) + 1) <= 0)
      continue;
    char bytes[4096];
    ssize_t count = read(output, bytes, sizeof bytes);
    if (count == 0 || (count < 0 && errno != EINTR))
      return Event::Ended;
    if (count > 0)
      buffer.append(bytes, static_cast<size_t>(count));
  }
}

std::string ChildProcess::ending() {
  int status = 0;
  if (!waitForEnd(status))
    return "stopped answering and does not end";
  process = -1;
  if (WIFSIGNALED(status))
    return "was killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
           strsignal(WTERMSIG(status)) + ")";
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}
