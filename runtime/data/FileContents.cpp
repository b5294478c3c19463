//===----------------------------------------------------------------------===//
// Guessing what a file is that was given in place of a token file, so that the
// message can name the mistake.
//===----------------------------------------------------------------------===//
#include "runtime/data/TokenLayout.h"
#include "runtime/data/Utf8.h"

#include <algorithm>

namespace flmrt {

static bool startsWith(const MappedFile &file, std::string_view magic) {
  return file.text().substr(0, magic.size()) == magic;
}

/// A safetensors file is a uint64 length and that much JSON.
static bool isSafetensors(const MappedFile &file) {
  return file.size() > 9 && file.data()[8] == '{' &&
         loadAt<uint64_t>(file, 0) <= static_cast<uint64_t>(file.size() - 8);
}

static bool isText(const MappedFile &file) {
  std::string_view head = file.text().substr(0, 4096);
  const bool whole = static_cast<int64_t>(head.size()) == file.size();
  for (size_t i = 0; i < head.size();) {
    const auto byte = static_cast<unsigned char>(head[i]);
    if (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' &&
        byte != '\f')
      return false;
    const size_t length = utf8Length(head.substr(i));
    if (length == 0) // a character may be cut by the end of the sample
      return !whole && head.size() - i < 4;
    i += length;
  }
  return true;
}

std::string describeContents(const MappedFile &file) {
  if (file.size() == 0)
    return "an empty file";
  if (startsWith(file, "GGUF"))
    return "a GGUF model";
  if (startsWith(file, "\x93NUMPY"))
    return "a NumPy array";
  if (startsWith(file, "PK\x03\x04"))
    return "a zip archive (a PyTorch checkpoint?)";
  if (startsWith(file, "\x1f\x8b") || startsWith(file, "\x28\xb5\x2f\xfd"))
    return "compressed data";
  if (startsWith(file, "\x7f"
                       "ELF"))
    return "a program";
  if (isMegatronIndex(file))
    return "a Megatron-LM index";
  if (isSafetensors(file))
    return "a safetensors file";
  if (file.size() >= 4) {
    switch (loadAt<int32_t>(file, 0)) {
    case 20240522:
      return "an llm.c evaluation set (multiple choice)";
    case 20240326:
      return "an llm.c model checkpoint";
    case 20240328:
      return "an llm.c tokenizer";
    default:
      break;
    }
  }
  if (isText(file))
    return "text";
  return "binary data without a header that flmc knows (nanoGPT's headerless "
         "tokens?)";
}

} // namespace flmrt
