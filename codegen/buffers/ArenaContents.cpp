//===----------------------------------------------------------------------===//
// Which bytes of an arena hold what was written last.
//===----------------------------------------------------------------------===//
#include "codegen/buffers/ArenaContents.h"

#include <iterator>

using namespace flm;

void ArenaContents::write(int64_t from, int64_t bytes, int writing) {
  if (bytes <= 0)
    return;
  int64_t to = from + bytes;
  splitAt(from);
  splitAt(to);
  segments.erase(segments.lower_bound(from), segments.lower_bound(to));
  segments[from] = {to, writing};
}

std::optional<int> ArenaContents::firstOther(int64_t from, int64_t bytes,
                                             int writing) const {
  int64_t at = from, to = from + bytes;
  auto it = segments.upper_bound(from);
  if (it != segments.begin())
    --it;
  while (at < to) {
    while (it != segments.end() && it->second.to <= at)
      ++it;
    if (it == segments.end() || it->first > at)
      return -1;
    if (it->second.writing != writing)
      return it->second.writing;
    at = it->second.to;
  }
  return std::nullopt;
}

void ArenaContents::splitAt(int64_t at) {
  auto it = segments.upper_bound(at);
  if (it == segments.begin())
    return;
  --it;
  if (it->first < at && it->second.to > at) {
    Segment tail = it->second;
    it->second.to = at;
    segments[at] = tail;
  }
}
