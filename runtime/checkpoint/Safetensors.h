//===----------------------------------------------------------------------===//
// The safetensors format: 8 bytes of header length (little-endian), a JSON
// header, then the tensors' bytes without gaps.
//
// The writer streams from where the tensors live; the reader believes nothing
// that the header says before it has been checked against the file.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_CHECKPOINT_SAFETENSORS_H
#define FLM_RUNTIME_CHECKPOINT_SAFETENSORS_H

#include "runtime/checkpoint/File.h"
#include "runtime/checkpoint/TensorPart.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flmrt {

class MappedTensor;
class ProgramDevice;

/// One f32 tensor of the state under its name in a checkpoint.
struct Tensor {
  std::string name;
  std::vector<int64_t> shape; ///< of the whole tensor
  int64_t offset = 0;         ///< bytes into the state
  /// Which elements lie at `offset`, and where; absent: all, row-major.
  std::optional<TensorPart> part = std::nullopt;

  int64_t elements() const; ///< of the whole tensor
  TensorPart partHere() const { return part ? *part : TensorPart(elements()); }
};

/// "[4, 352, 128]"
std::string formatShape(const std::vector<int64_t> &shape);

/// What a file on the disk is, to recognise it again.
struct FileStamp {
  uint64_t bytes = 0;
  uint32_t crc32 = 0;
};

/// All elements of a tensor, row-major, until the next call.
using WholeTensor = std::function<const float *(const Tensor &)>;

/// Writes `tensors` in the given order, as F32, to `path` and brings them to
/// the disk. Throws UserError.
FileStamp writeSafetensors(const std::string &path,
                           const std::vector<Tensor> &tensors,
                           const WholeTensor &whole);

/// Element types that the runtime can read into f32.
enum class StoredTypes {
  F32Only,    ///< our own checkpoints: anything else would lose bits
  AnyFloat16, ///< also F16 and BF16, which widen to f32 without loss
};

class SafetensorsFile {
public:
  /// What the header says of one tensor. `begin` and `end` count from the start
  /// of the data and have been checked: they lie within the file, touch their
  /// neighbours and fit shape and type.
  struct Entry {
    std::string name;
    std::string type; ///< "F32", "BF16", …
    std::vector<int64_t> shape;
    uint64_t begin = 0;
    uint64_t end = 0;
  };

  /// Reads and checks the header. Throws UserError naming file and tensor.
  explicit SafetensorsFile(const std::string &path);

  const std::string &path() const { return file.path(); }
  /// In the order of their bytes.
  const std::vector<Entry> &entries() const { return tensors; }
  const Entry *find(std::string_view name) const;

  /// Throws a UserError that lists what is missing, extra, misshapen or of a
  /// type that `types` does not allow; says nothing if all fits.
  void requireExactly(const std::vector<Tensor> &wanted,
                      StoredTypes types) const;

  /// requireExactly, then fills what is here, in the state of `device`, of
  /// every tensor of `wanted`; only the bytes around that are read.
  void readInto(ProgramDevice &device, const std::vector<Tensor> &wanted,
                StoredTypes types) const;

private:
  void parseHeader(uint64_t headerBytes);
  void checkLayout(uint64_t dataBytes);
  void readElements(const Entry &entry, int64_t begin, int64_t count,
                    float *out) const;
  void readTensor(const Entry &entry, const MappedTensor &tensor) const;

  FileReader file;
  uint64_t dataBegin = 0;
  std::vector<Entry> tensors;
};

} // namespace flmrt

#endif // FLM_RUNTIME_CHECKPOINT_SAFETENSORS_H
