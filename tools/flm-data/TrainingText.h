//===----------------------------------------------------------------------===//
// Texts as the sentences that SentencePiece's trainer takes.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLMDATA_TRAININGTEXT_H
#define FLM_TOOLS_FLMDATA_TRAININGTEXT_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flmrt {

/// Deals out `texts` in stretches of whole lines of about 2 KiB. Line ends stay
/// in, so that pieces can hold them; what the trainer must not see — zero
/// bytes, malformed UTF-8, its two reserved characters — becomes a tab, which
/// it takes for a boundary. Where there is more than `limit` bytes of text,
/// evenly spaced stretches of about that much in all are dealt out.
class TrainingText {
public:
  TrainingText(std::vector<std::string_view> texts, int64_t limit);

  bool done() const { return atEnd; }
  const std::string &value() const { return stretch; }
  void next();

private:
  std::vector<std::string_view> texts;
  double keep; // share of the stretches
  double credit = 0;
  size_t text = 0, position = 0;
  bool atEnd = false;
  std::string stretch;
};

} // namespace flmrt

#endif // FLM_TOOLS_FLMDATA_TRAININGTEXT_H
