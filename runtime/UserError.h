//===----------------------------------------------------------------------===//
// An error that the user can act on: bad file, bad flag, bad shape, full disk.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_USERERROR_H
#define FLM_RUNTIME_USERERROR_H

#include <stdexcept>
#include <string>

namespace flmrt {

/// Thrown anywhere in the runtime, caught in main, printed as
/// `error: <message>` with exit status 1. The message says what was found
/// (with file and offset where there is one), what was expected, what to do.
class UserError : public std::runtime_error {
public:
  explicit UserError(const std::string &message)
      : std::runtime_error(message) {}
};

/// Thrown where another rank has failed and says so itself: this one ends
/// without a word.
class FailedElsewhere : public std::runtime_error {
public:
  FailedElsewhere() : std::runtime_error("another rank has failed") {}
};

} // namespace flmrt

#endif // FLM_RUNTIME_USERERROR_H
