//===----------------------------------------------------------------------===//
// Writing safetensors.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/MappedTensor.h"

#include "nlohmann/json.hpp"

#include <cassert>
#include <memory>

using namespace flmrt;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "tensors are written as they lie in memory");

int64_t Tensor::elements() const {
  int64_t count = 1;
  for (int64_t dim : shape)
    count *= dim;
  return count;
}

std::string flmrt::formatShape(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

static std::string makeHeader(const std::vector<Tensor> &tensors) {
  nlohmann::ordered_json header;
  // Hugging Face's loaders refuse a file that does not say this.
  header["__metadata__"] = {{"format", "pt"}};
  uint64_t offset = 0;
  for (const Tensor &tensor : tensors) {
    uint64_t end = offset + static_cast<uint64_t>(tensor.elements()) * 4;
    header[tensor.name] = {{"dtype", "F32"},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  // Spaces bring the data to an aligned offset, so that it can be mapped.
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

WholeTensor flmrt::wholeOnThisRank(ProgramDevice &device) {
  // Shared, because a function can be copied.
  auto mapped = std::make_shared<std::optional<MappedTensor>>();
  return [&device, mapped](const Tensor &tensor) -> const float * {
    assert(!tensor.part);
    mapped->emplace(device, tensor, MapAccess::Read);
    return (*mapped)->data();
  };
}

FileStamp flmrt::writeSafetensors(const std::string &path,
                                  const std::vector<Tensor> &tensors,
                                  const WholeTensor &whole) {
  std::string header = makeHeader(tensors);
  uint64_t headerBytes = header.size();
  FileWriter file(path);
  file.write(&headerBytes, 8);
  file.write(header.data(), header.size());
  for (const Tensor &tensor : tensors)
    file.write(whole(tensor), static_cast<uint64_t>(tensor.elements()) * 4);
  FileStamp stamp{file.size(), file.checksum()};
  file.finish();
  return stamp;
}
