//===----------------------------------------------------------------------===//
// Programs that are started without standard input, output or error.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_STANDARDDESCRIPTORS_H
#define FLM_RUNTIME_STANDARDDESCRIPTORS_H

#include <fcntl.h>
#include <unistd.h>

namespace flmrt {

/// Occupies the descriptors 0 to 2 where they are closed: the next file that is
/// opened would get their number, and what is printed would go into it. What
/// is written to one of them fails, as it would have. To be called first.
inline void occupyStandardDescriptors() {
  int descriptor; // always the lowest that is free
  do
    descriptor = open("/dev/null", O_RDONLY);
  while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor >= 0)
    close(descriptor);
}

} // namespace flmrt

#endif // FLM_RUNTIME_STANDARDDESCRIPTORS_H
