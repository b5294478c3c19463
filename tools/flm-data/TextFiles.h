//===----------------------------------------------------------------------===//
// The texts a user names: files, and folders searched by extension.
//===----------------------------------------------------------------------===//
#ifndef FLM_TOOLS_FLMDATA_TEXTFILES_H
#define FLM_TOOLS_FLMDATA_TEXTFILES_H

#include "runtime/data/MappedFile.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace flmrt {

/// One text and where its validation part begins.
struct TextFile {
  std::shared_ptr<const MappedFile> file;
  size_t trainBytes; ///< the rest is for validation

  std::string_view train() const { return file->text().substr(0, trainBytes); }
  std::string_view validation() const {
    return file->text().substr(trainBytes);
  }
};

/// Opens `paths`. A folder stands for the files below it whose name ends in one
/// of `extensions` (comma-separated, "md,cpp"), in sorted order; hidden
/// files and folders, build folders (build*, out*, or one with a
/// CMakeCache.txt), __pycache__, node_modules, links and empty files are
/// passed over. All of each file is training text. Throws UserError for what
/// cannot be read, an empty file named outright, a folder without a match.
std::vector<TextFile> openTexts(const std::vector<std::string> &paths,
                                const std::string &extensions);

int64_t totalBytes(const std::vector<TextFile> &texts);

/// Gives the last `fraction` (0 to 1) of each text to validation, cut as
/// splitPosition says.
void splitTexts(std::vector<TextFile> &texts, double fraction);

/// Where to cut `text` so that about `fraction` of it follows: at the line
/// start nearest to that point, or, where lines are so long that this would
/// move the cut by more than half of the part cut off, at the character there.
size_t splitPosition(std::string_view text, double fraction);

} // namespace flmrt

#endif // FLM_TOOLS_FLMDATA_TEXTFILES_H
