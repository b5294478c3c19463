//===----------------------------------------------------------------------===//
// Any bytes as a token file: opened, or refused with UserError, and what is
// opened can be read to the end. The first byte picks the format; a Megatron
// pair is cut from the rest.
//===----------------------------------------------------------------------===//
#include "runtime/UserError.h"
#include "runtime/data/BatchSource.h"
#include "runtime/data/TokenFile.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

using namespace flmrt;

namespace {
/// A folder of this process's own, gone with it.
struct Folder {
  std::string path;
  Folder() {
    path =
        (std::filesystem::temp_directory_path() / "flm-fuzz-XXXXXX").string();
    if (!::mkdtemp(path.data()))
      std::abort();
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

const std::string &folder() {
  static const Folder it;
  return it.path;
}

std::string writeFile(const char *name, const uint8_t *data, size_t size) {
  const std::string path = folder() + "/" + name;
  std::FILE *file = std::fopen(path.c_str(), "wb");
  if (!file || std::fwrite(data, 1, size, file) != size)
    std::abort();
  std::fclose(file);
  return path;
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2)
    return 0;
  const uint8_t choice = data[0];
  const size_t second = choice & 1 ? std::min<size_t>(data[1], size - 2) : 0;
  data += 2, size -= 2;
  const std::string path = writeFile("t.bin", data, second ? second : size);
  if (second)
    writeFile("t.idx", data + second, size - second);
  else
    ::unlink((folder() + "/t.idx").c_str());
  const int64_t vocab = choice & 2 ? 300 : 0;
  try {
    const TokenFile file = TokenFile::open(path, vocab);
    std::vector<int32_t> tokens(file.size());
    file.read(0, file.size(), tokens.data());
    for (int32_t token : tokens)
      if (token < 0 || (vocab > 0 && token >= vocab))
        std::abort();
    const BatchSource source(file, 3, 2, Shuffle::Windows, choice);
    int32_t inputs[6], targets[6];
    for (int64_t step = 0; step < 5; ++step)
      source.batch(step, inputs, targets);
  } catch (const UserError &) {
  }
  return 0;
}
