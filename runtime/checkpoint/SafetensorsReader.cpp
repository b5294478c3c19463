//===----------------------------------------------------------------------===//
// Reading safetensors from files that may be truncated, damaged or hostile.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/MappedTensor.h"

#include "runtime/BoundedJson.h"
#include "runtime/UserError.h"
#include "runtime/abi/Bf16.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

using namespace flmrt;
using nlohmann::json;

/// The limit of the reference implementation; no real header comes near.
static constexpr uint64_t largestHeader = 100'000'000;

[[noreturn]] static void fail(const std::string &path,
                              const std::string &message) {
  throw UserError(path + ": " + message);
}

static std::string inQuotes(const std::string &name) {
  return "'" + name + "'";
}

/// Bytes per element, or 0 for a type that the format does not have.
static uint64_t typeBytes(const std::string &type) {
  static const std::unordered_map<std::string, uint64_t> sizes = {
      {"F64", 8},     {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F8_E4M3", 1},
      {"F8_E5M2", 1}, {"I64", 8}, {"I32", 4}, {"I16", 2},  {"I8", 1},
      {"U64", 8},     {"U32", 4}, {"U16", 2}, {"U8", 1},   {"BOOL", 1}};
  auto found = sizes.find(type);
  return found == sizes.end() ? 0 : found->second;
}

//===-- The header --------------------------------------------------------===//

SafetensorsFile::SafetensorsFile(const std::string &path) : file(path) {
  if (file.size() < 8)
    fail(path, "the file is " + std::to_string(file.size()) +
                   " bytes long; a safetensors file begins with 8 bytes of "
                   "header length: truncated, or not a safetensors file");
  uint64_t headerBytes = 0;
  file.readAt(0, &headerBytes, 8);
  if (headerBytes > file.size() - 8 || headerBytes > largestHeader)
    fail(path, "the first 8 bytes say that the header is " +
                   std::to_string(headerBytes) +
                   " bytes long, but the file has " +
                   std::to_string(file.size() - 8) +
                   " bytes after that number (and a header has at most " +
                   std::to_string(largestHeader) +
                   "): truncated, or not a safetensors file");
  dataBegin = 8 + headerBytes;
  parseHeader(headerBytes);
  checkLayout(file.size() - dataBegin);
}

/// A JSON number that is a non-negative integer of at most 63 bits.
static bool getSize(const json &value, uint64_t &out) {
  if (!value.is_number_unsigned() ||
      value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
    return false;
  out = value.get<uint64_t>();
  return true;
}

static SafetensorsFile::Entry parseEntry(const std::string &path,
                                         const std::string &name,
                                         const json &description) {
  SafetensorsFile::Entry entry;
  entry.name = name;
  std::string where = "tensor " + inQuotes(name);
  auto type = description.find("dtype");
  if (type == description.end() || !type->is_string())
    fail(path, where + " has no 'dtype' string");
  entry.type = type->get<std::string>();
  uint64_t elementBytes = typeBytes(entry.type);
  if (elementBytes == 0)
    fail(path, where + " has the unknown dtype " + inQuotes(entry.type));

  auto shape = description.find("shape");
  if (shape == description.end() || !shape->is_array())
    fail(path, where + " has no 'shape' array");
  uint64_t bytes = elementBytes;
  for (const json &size : *shape) {
    uint64_t dim;
    if (!getSize(size, dim))
      fail(path, where + " has the shape " + quoteJson(*shape) +
                     "; expected non-negative integers");
    entry.shape.push_back(static_cast<int64_t>(dim));
    if (__builtin_mul_overflow(bytes, dim, &bytes) || bytes > INT64_MAX)
      fail(path, where + " has the shape " + quoteJson(*shape) +
                     ", which is more bytes than a file can hold");
  }

  auto offsets = description.find("data_offsets");
  if (offsets == description.end() || !offsets->is_array() ||
      offsets->size() != 2 || !getSize((*offsets)[0], entry.begin) ||
      !getSize((*offsets)[1], entry.end) || entry.begin > entry.end)
    fail(path, where + " has no 'data_offsets' pair [begin, end]");
  if (entry.end - entry.begin != bytes)
    fail(path, where + " has the data_offsets " + quoteJson(*offsets) + ", " +
                   std::to_string(entry.end - entry.begin) + " bytes; its " +
                   entry.type + " shape " + quoteJson(*shape) + " takes " +
                   std::to_string(bytes));
  return entry;
}

void SafetensorsFile::parseHeader(uint64_t headerBytes) {
  std::string text(headerBytes, '\0');
  file.readAt(8, text.data(), text.size());
  // A tensor named twice would silently hide one of the two.
  std::unordered_set<std::string> names;
  std::string repeated;
  auto noteNames = [&](int depth, json::parse_event_t event, json &value) {
    if (event == json::parse_event_t::key && depth == 1 &&
        !names.insert(value.get_ref<const std::string &>()).second)
      repeated = value.get<std::string>();
  };
  json header;
  try {
    header = parseBoundedJson<json>(text, noteNames);
  } catch (const JsonError &error) {
    fail(path(), std::string("the header is not JSON: ") + error.what());
  }
  if (!header.is_object())
    fail(path(), "the header is not a JSON object");
  if (!repeated.empty())
    fail(path(), "the header names tensor " + inQuotes(repeated) + " twice");
  for (const auto &[name, description] : header.items()) {
    if (name == "__metadata__")
      continue;
    if (!description.is_object())
      fail(path(), "the header entry " + inQuotes(name) + " is not an object");
    tensors.push_back(parseEntry(path(), name, description));
  }
}

void SafetensorsFile::checkLayout(uint64_t dataBytes) {
  std::sort(tensors.begin(), tensors.end(), [](const Entry &a, const Entry &b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  uint64_t end = 0;
  for (const Entry &entry : tensors) {
    if (entry.begin != end)
      fail(path(),
           "tensor " + inQuotes(entry.name) + " begins at byte " +
               std::to_string(entry.begin) +
               " of the data, but the tensors before it end at " +
               std::to_string(end) +
               (entry.begin < end ? ": they overlap" : ": there is a gap"));
    end = entry.end;
    if (end > dataBytes)
      fail(path(), "tensor " + inQuotes(entry.name) + " ends at byte " +
                       std::to_string(end) + " of the data, but there are " +
                       std::to_string(dataBytes) +
                       ": the file is truncated, or its header lies");
  }
  if (end != dataBytes)
    fail(path(), "the tensors end at byte " + std::to_string(end) +
                     " of the data, but there are " +
                     std::to_string(dataBytes) + ": foreign bytes follow");
}

const SafetensorsFile::Entry *
SafetensorsFile::find(std::string_view name) const {
  for (const Entry &entry : tensors)
    if (entry.name == name)
      return &entry;
  return nullptr;
}

//===-- Agreement with a model --------------------------------------------===//

void SafetensorsFile::requireExactly(const std::vector<Tensor> &wanted,
                                     StoredTypes types) const {
  std::unordered_map<std::string_view, const Entry *> stored;
  for (const Entry &entry : tensors)
    stored[entry.name] = &entry;

  // The first few of each kind are enough to recognise the mistake.
  constexpr size_t shown = 5;
  std::vector<std::string> problems;
  for (const Tensor &tensor : wanted) {
    auto found = stored.find(tensor.name);
    if (found == stored.end()) {
      problems.push_back("tensor " + inQuotes(tensor.name) +
                         " is missing (expected F32 " +
                         formatShape(tensor.shape) + ")");
      continue;
    }
    const Entry &entry = *found->second;
    stored.erase(found);
    bool readable =
        entry.type == "F32" || (types == StoredTypes::AnyFloat16 &&
                                (entry.type == "F16" || entry.type == "BF16"));
    if (entry.shape != tensor.shape || !readable)
      problems.push_back(
          "tensor " + inQuotes(tensor.name) + " is " + entry.type + " " +
          formatShape(entry.shape) + "; expected " +
          (types == StoredTypes::F32Only ? "F32 " : "F32, BF16 or F16 ") +
          formatShape(tensor.shape));
  }
  for (const Entry &entry : tensors)
    if (stored.count(entry.name))
      problems.push_back("tensor " + inQuotes(entry.name) +
                         " is not part of this model");
  if (problems.empty())
    return;
  std::string message = "the file does not fit the compiled model:";
  for (size_t i = 0; i < std::min(shown, problems.size()); ++i)
    message += "\n  " + problems[i];
  if (problems.size() > shown)
    message +=
        "\n  and " + std::to_string(problems.size() - shown) + " more problems";
  fail(path(), message);
}

//===-- The data ----------------------------------------------------------===//

static float fromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

/// IEEE half to single: exact, subnormals, infinities and NaNs included.
static float widenF16(uint16_t half) {
  uint32_t sign = uint32_t(half & 0x8000) << 16;
  uint32_t exponent = (half >> 10) & 0x1F;
  uint32_t mantissa = half & 0x3FF;
  if (exponent == 0x1F)
    return fromBits(sign | 0x7F800000 | mantissa << 13);
  if (exponent != 0)
    return fromBits(sign | (exponent + 112) << 23 | mantissa << 13);
  float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

/// Elements `begin` … of a tensor.
void SafetensorsFile::readElements(const Entry &entry, int64_t begin,
                                   int64_t elements, float *out) const {
  auto left = static_cast<uint64_t>(elements);
  uint64_t offset = dataBegin + entry.begin;
  if (entry.type == "F32") {
    file.readAt(offset + static_cast<uint64_t>(begin) * 4, out, left * 4);
    return;
  }
  offset += static_cast<uint64_t>(begin) * 2;
  float (*widen)(uint16_t) =
      entry.type == "BF16" ? flm::abi::widenBf16 : widenF16;
  std::vector<uint16_t> buffer(std::min<uint64_t>(left, uint64_t(1) << 19));
  while (left) {
    uint64_t count = std::min<uint64_t>(left, buffer.size());
    file.readAt(offset, buffer.data(), count * 2);
    out = std::transform(buffer.begin(),
                         buffer.begin() + static_cast<ptrdiff_t>(count), out,
                         widen);
    offset += count * 2;
    left -= count;
  }
}

/// Long runs are read to where they belong. Between short ones there is little
/// that is not needed: many are read at once.
void SafetensorsFile::readTensor(const Entry &entry,
                                 const MappedTensor &tensor) const {
  constexpr int64_t windowElements = 1 << 18;
  constexpr int64_t longRun = 1 << 14;
  const auto elements =
      static_cast<int64_t>((entry.end - entry.begin) / typeBytes(entry.type));
  std::vector<float> window;
  int64_t windowBegin = 0, windowEnd = 0;
  tensor.forEachRun([&](int64_t element, float *out, int64_t count) {
    if (count >= longRun)
      return readElements(entry, element, count, out);
    if (element < windowBegin || element + count > windowEnd) {
      windowBegin = element;
      windowEnd = std::min(elements, element + windowElements);
      window.resize(static_cast<size_t>(windowEnd - windowBegin));
      readElements(entry, windowBegin, windowEnd - windowBegin, window.data());
    }
    std::copy_n(window.data() + (element - windowBegin), count, out);
  });
}

void SafetensorsFile::readInto(ProgramDevice &device,
                               const std::vector<Tensor> &wanted,
                               StoredTypes types) const {
  requireExactly(wanted, types);
  std::unordered_map<std::string_view, const Entry *> stored;
  for (const Entry &entry : tensors)
    stored[entry.name] = &entry;
  for (const Tensor &tensor : wanted)
    readTensor(*stored.at(tensor.name),
               MappedTensor(device, tensor, MapAccess::Write));
}
