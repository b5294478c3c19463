//===----------------------------------------------------------------------===//
// Implementation of the test helpers.
//===----------------------------------------------------------------------===//
#include "test/runtime/TestFiles.h"

#include "runtime/UserError.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace flmtest;

TemporaryDirectory::TemporaryDirectory() {
  std::string name =
      (std::filesystem::temp_directory_path() / "flm-test-XXXXXX").string();
  if (!mkdtemp(name.data()))
    throw std::runtime_error("mkdtemp failed");
  path = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

std::string TemporaryDirectory::operator/(const std::string &name) const {
  return path + "/" + name;
}

std::string flmtest::readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void flmtest::writeFile(const std::string &path, const std::string &bytes) {
  // A file that is emptied and refilled is flushed to the disk on closing by
  // ext4; a new one is not, and tests that write thousands stay quick.
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << bytes;
}

bool flmtest::exists(const std::string &path) {
  return std::filesystem::exists(path);
}

void flmtest::writeTokens(const std::string &path, int64_t count) {
  std::string bytes(1024, '\0');
  int32_t header[] = {20240520, 1, static_cast<int32_t>(count)};
  std::memcpy(bytes.data(), header, sizeof header);
  uint32_t state = 1;
  for (int64_t i = 0; i < count; ++i) {
    // 16 of 256 values, each followed by one of four: something to learn.
    state = state * 1664525 + 1013904223;
    auto token = static_cast<uint16_t>((i * 7 + (state >> 30)) % 16);
    bytes.append(reinterpret_cast<const char *>(&token), 2);
  }
  writeFile(path, bytes);
}

RunningBinary::RunningBinary(const std::vector<std::string> &arguments,
                             const std::string &environment,
                             int64_t largestFile,
                             const std::vector<int> &closed) {
  std::string out = directory / "out", err = directory / "err";
  std::vector<char *> argv = {const_cast<char *>(FAKE_TRAIN)};
  for (const std::string &argument : arguments)
    argv.push_back(const_cast<char *>(argument.c_str()));
  argv.push_back(nullptr);
  writeFile(out, "");
  writeFile(err, "");
  process = fork();
  if (process != 0)
    return;
  dup2(open(out.c_str(), O_WRONLY), 1);
  dup2(open(err.c_str(), O_WRONLY), 2);
  for (int descriptor : closed)
    close(descriptor);
  if (!environment.empty())
    putenv(const_cast<char *>(environment.c_str()));
  if (largestFile) {
    rlimit limit = {static_cast<rlim_t>(largestFile),
                    static_cast<rlim_t>(largestFile)};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  alarm(60); // one that waits for ever fails its test
  execv(FAKE_TRAIN, argv.data());
  _exit(127);
}

RunningBinary::~RunningBinary() {
  if (process <= 0)
    return;
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
}

void RunningBinary::signal(int number) const { kill(process, number); }

std::string RunningBinary::output() const {
  return readFile(directory / "out");
}

bool RunningBinary::hasPrinted(const std::string &text) const {
  for (int i = 0; i < 2000; ++i) {
    if (output().find(text) != std::string::npos)
      return true;
    usleep(10'000);
  }
  return false;
}

ProcessResult RunningBinary::wait() {
  ProcessResult result;
  int status = 0;
  waitpid(process, &status, 0);
  process = -1;
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  result.out = output();
  result.err = readFile(directory / "err");
  return result;
}

ProcessResult flmtest::runBinary(const std::vector<std::string> &arguments,
                                 const std::string &environment,
                                 int64_t largestFile) {
  return RunningBinary(arguments, environment, largestFile).wait();
}

std::string flmtest::errorOf(const std::function<void()> &action) {
  try {
    action();
  } catch (const flmrt::UserError &error) {
    return error.what();
  }
  return "";
}
