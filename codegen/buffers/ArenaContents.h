//===----------------------------------------------------------------------===//
// Which bytes of an arena hold what was written last, for VerifyBuffers.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_BUFFERS_ARENACONTENTS_H
#define FLM_CODEGEN_BUFFERS_ARENACONTENTS_H

#include <cstdint>
#include <map>
#include <optional>

namespace flm {

/// Which writing filled which bytes of one arena. Writings are numbered from 0.
class ArenaContents {
public:
  /// `writing` fills the bytes [from, from + bytes).
  void write(int64_t from, int64_t bytes, int writing);

  /// The first writing other than `writing` in the range (-1: never written).
  std::optional<int> firstOther(int64_t from, int64_t bytes, int writing) const;

private:
  struct Segment {
    int64_t to;
    int writing;
  };

  void splitAt(int64_t at);

  std::map<int64_t, Segment> segments; ///< by first byte
};

} // namespace flm

#endif // FLM_CODEGEN_BUFFERS_ARENACONTENTS_H
