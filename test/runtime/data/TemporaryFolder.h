//===----------------------------------------------------------------------===//
// A folder for one test, gone with it, and files made of raw values.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_RUNTIME_DATA_TEMPORARYFOLDER_H
#define FLM_TEST_RUNTIME_DATA_TEMPORARYFOLDER_H

#include "runtime/UserError.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <vector>

class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "flm-data-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      throw std::runtime_error("mkdtemp " + pattern);
    root = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(root); }

  std::string path(const std::string &name) const {
    return (root / name).string();
  }
  std::string write(const std::string &name, const std::string &bytes) const {
    std::filesystem::create_directories((root / name).parent_path());
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  std::string read(const std::string &name) const {
    std::ifstream in(path(name), std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  bool has(const std::string &name) const {
    return std::filesystem::exists(root / name);
  }
  /// Names directly in the folder, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto &entry : std::filesystem::directory_iterator(root))
      found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }

private:
  std::filesystem::path root;
};

/// The bytes of values, one after the other.
template <typename... T> std::string raw(T... values) {
  std::string out;
  (out.append(reinterpret_cast<const char *>(&values), sizeof(values)), ...);
  return out;
}
template <typename T> std::string rawList(const std::vector<T> &values) {
  return {reinterpret_cast<const char *>(values.data()),
          values.size() * sizeof(T)};
}

/// Expects UserError whose message holds every one of `parts`.
template <typename Body>
void expectUserError(Body body, const std::vector<std::string> &parts) {
  try {
    body();
  } catch (const flmrt::UserError &error) {
    for (const std::string &part : parts)
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << "\"" << part << "\" is not in: " << error.what();
    return;
  }
  ADD_FAILURE() << "no UserError; expected one with \"" << parts[0] << "\"";
}

#endif // FLM_TEST_RUNTIME_DATA_TEMPORARYFOLDER_H
