//===----------------------------------------------------------------------===//
// Finding, opening and splitting texts.
//===----------------------------------------------------------------------===//
#include "tools/flm-data/TextFiles.h"
#include "runtime/UserError.h"
#include "runtime/data/Utf8.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

namespace flmrt {

namespace fs = std::filesystem;

static std::set<std::string> parseExtensions(const std::string &list) {
  std::set<std::string> result;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    std::string extension = list.substr(begin, end - begin);
    if (!extension.empty() && extension[0] != '.')
      extension.insert(0, ".");
    if (extension.size() > 1)
      result.insert(extension);
    begin = end + 1;
  }
  return result;
}

static bool isSkippedFolder(const fs::path &folder) {
  const std::string name = folder.filename().string();
  return name[0] == '.' || name.rfind("build", 0) == 0 ||
         name.rfind("out", 0) == 0 || name == "__pycache__" ||
         name == "node_modules" || fs::exists(folder / "CMakeCache.txt");
}

static std::vector<std::string>
findFiles(const std::string &folder, const std::set<std::string> &extensions) {
  std::vector<std::string> found;
  try {
    for (auto it = fs::recursive_directory_iterator(folder);
         it != fs::recursive_directory_iterator(); ++it) {
      const fs::directory_entry &entry = *it;
      if (entry.is_symlink())
        continue;
      if (entry.is_directory()) {
        if (isSkippedFolder(entry.path()))
          it.disable_recursion_pending();
        continue;
      }
      const fs::path &path = entry.path();
      if (entry.is_regular_file() && path.filename().string()[0] != '.' &&
          extensions.count(path.extension().string()) && entry.file_size() > 0)
        found.push_back(path.string());
    }
  } catch (const fs::filesystem_error &error) {
    throw UserError("cannot search '" + error.path1().string() +
                    "': " + error.code().message());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<TextFile> openTexts(const std::vector<std::string> &paths,
                                const std::string &extensions) {
  const std::set<std::string> wanted = parseExtensions(extensions);
  std::vector<TextFile> texts;
  auto add = [&](const std::string &path) {
    auto file = MappedFile::open(path);
    const auto size = static_cast<size_t>(file->size());
    if (size == 0)
      throw UserError("'" + path + "' is empty; give a file with text in it");
    texts.push_back({std::move(file), size});
  };
  for (const std::string &path : paths) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      add(path);
      continue;
    }
    if (wanted.empty())
      throw UserError("'" + path +
                      "' is a folder: say which of its files are text, for "
                      "example --ext md,txt");
    const std::vector<std::string> found = findFiles(path, wanted);
    if (found.empty())
      throw UserError("'" + path + "' has no text that ends in " + extensions +
                      " (hidden and build folders are passed over)");
    for (const std::string &file : found)
      add(file);
  }
  return texts;
}

int64_t totalBytes(const std::vector<TextFile> &texts) {
  int64_t total = 0;
  for (const TextFile &text : texts)
    total += text.file->size();
  return total;
}

size_t splitPosition(std::string_view text, double fraction) {
  const auto tail = static_cast<size_t>(
      std::llround(static_cast<double>(text.size()) * fraction));
  if (tail == 0)
    return text.size();
  if (tail >= text.size())
    return 0;
  const size_t target = text.size() - tail;
  size_t best = std::string_view::npos, moved = tail / 2;
  auto consider = [&](size_t lineStart) {
    const size_t distance =
        lineStart > target ? lineStart - target : target - lineStart;
    if (lineStart > 0 && lineStart < text.size() && distance <= moved) {
      best = lineStart;
      moved = distance;
    }
  };
  const size_t after = text.find('\n', target - 1);
  if (after != std::string_view::npos)
    consider(after + 1);
  const size_t before = text.rfind('\n', target - 1);
  if (before != std::string_view::npos)
    consider(before + 1);
  return best != std::string_view::npos ? best : utf8Boundary(text, target);
}

void splitTexts(std::vector<TextFile> &texts, double fraction) {
  for (TextFile &text : texts)
    text.trainBytes = splitPosition(text.file->text(), fraction);
}

} // namespace flmrt
