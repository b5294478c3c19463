//===----------------------------------------------------------------------===//
// What is left behind when the compiler crashes.
//===----------------------------------------------------------------------===//
#include "tools/flmc/CrashReport.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Signals.h"

#include <fcntl.h>
#include <string>
#include <unistd.h>

using namespace llvm;

namespace {

/// All that the signal handler needs, made before: it may only open and write.
struct Report {
  std::string path;    ///< of the file
  std::string command; ///< that reproduces the crash from that file
};

/// In the current folder, then in the one for temporary files.
Report reports[2];
StringRef specText;
const char *crashStage = "spec";

void put(int descriptor, StringRef text) {
  while (!text.empty()) {
    ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count <= 0)
      return;
    text = text.drop_front(static_cast<size_t>(count));
  }
}

void writeReport(void *) {
  for (const Report &report : reports) {
    int file = ::open(report.path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
    if (file < 0)
      continue;
    for (StringRef part :
         {StringRef("// flmc crashed after stage "), StringRef(crashStage),
          StringRef(" had begun. To reproduce:\n//   "),
          StringRef(report.command), StringRef("\n"), specText})
      put(file, part);
    ::close(file);
    for (StringRef part :
         {StringRef("flmc: crashed in stage "), StringRef(crashStage),
          StringRef("; this is a bug of flmc, please report "
                    "it with the file '"),
          StringRef(report.path), StringRef("', which reproduces it:\n  "),
          StringRef(report.command), StringRef("\n")})
      put(STDERR_FILENO, part);
    return;
  }
  put(STDERR_FILENO, "flmc: crashed; this is a bug of flmc, please report it "
                     "with the spec and the command line\n");
}

/// `argument` as a shell reads it.
std::string quoted(StringRef argument) {
  std::string text = "'";
  for (char c : argument) {
    if (c == '\'')
      text += "'\\''";
    else if (c == '\n') // a comment ends with its line
      text += ' ';
    else
      text += c;
  }
  return text + "'";
}

} // namespace

void flmc::reportCrashes(ArrayRef<const char *> arguments, StringRef input,
                         StringRef spec) {
  setBugReportMsg("");
  specText = spec;
  std::string name = "flmc-crash-" + std::to_string(::getpid()) + ".mlir";
  SmallString<128> temporary;
  sys::path::system_temp_directory(/*ErasedOnReboot=*/true, temporary);
  sys::path::append(temporary, name);
  reports[0].path = name;
  reports[1].path = std::string(temporary);
  for (Report &report : reports) {
    report.command = "flmc";
    for (const char *argument : arguments.drop_front())
      report.command += " " + quoted(argument == input ? StringRef(report.path)
                                                       : StringRef(argument));
  }
  sys::AddSignalHandler(writeReport, nullptr);
}

void flmc::setCrashStage(const char *stage) { crashStage = stage; }
