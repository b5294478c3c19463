//===----------------------------------------------------------------------===//
// The device that a compiled program works on: its memory, the way of arguments
// and results, and what the host may see.
//
// An address of a device is the program's own. The host hands it on and never
// follows it; what it reads and writes of the state goes through a
// StateMapping, one tensor of one layer at a time, so that no device needs a
// second copy of the state on the host.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_DEVICE_PROGRAMDEVICE_H
#define FLM_RUNTIME_DEVICE_PROGRAMDEVICE_H

#include <cstdint>
#include <memory>

namespace flmrt {

/// What the host does with a piece of the state.
enum class MapAccess {
  Read,  ///< it stays as it is
  Write, ///< every byte is written; what was there cannot be read
};

class ProgramDevice {
public:
  virtual ~ProgramDevice() = default;

  /// The arenas of runtime/abi/Program.h, as the program is given them. The
  /// state is zero at first, the scratch undefined.
  virtual void *state() = 0;
  virtual void *scratch() = 0;

  // A call of the program: first all arguments and results, then the call,
  // which may return while the device still works, then finish(). No piece of
  // the state is mapped meanwhile.

  /// The address at which the program finds a copy of `bytes` bytes of the
  /// host; of memory that both see, the same bytes. Until finish().
  virtual const void *argument(const void *data, int64_t bytes) = 0;
  /// The address to which the program writes what is at `data` after finish().
  virtual void *result(void *data, int64_t bytes) = 0;
  /// Returns when everything that was called is done. Throws UserError if the
  /// device has failed.
  virtual void finish() = 0;

private:
  friend class StateMapping;
  /// `bytes` > 0 bytes of the state from `offset` on, for the host. Pieces that
  /// are read may overlap, others may not.
  virtual void *map(int64_t offset, int64_t bytes, MapAccess access) = 0;
  /// Ends what map() gave. May not throw: a failure is reported by the next
  /// map() or finish().
  virtual void unmap(void *mapped, int64_t offset, int64_t bytes,
                     MapAccess access) noexcept = 0;
};

/// A piece of the state that the host sees while this lives.
class StateMapping {
public:
  StateMapping(ProgramDevice &device, int64_t offset, int64_t bytes,
               MapAccess access)
      : device(device), offset(offset), bytes(bytes), access(access),
        mapped(bytes ? device.map(offset, bytes, access) : nullptr) {}
  ~StateMapping() {
    if (mapped)
      device.unmap(mapped, offset, bytes, access);
  }
  StateMapping(const StateMapping &) = delete;
  StateMapping &operator=(const StateMapping &) = delete;

  /// The first byte of the piece, aligned as `offset` is up to 64 bytes.
  void *data() const { return mapped; }

private:
  ProgramDevice &device;
  int64_t offset, bytes;
  MapAccess access;
  void *mapped;
};

/// The host as a device: one memory, in which nothing is ever copied.
std::unique_ptr<ProgramDevice> createHostDevice(int64_t stateBytes,
                                                int64_t scratchBytes);

} // namespace flmrt

/// The device of binaries that are linked with the archive of another device
/// than the host: null where none is. Throws UserError if the device cannot be
/// used or lacks the memory.
extern "C" flmrt::ProgramDevice *flmrt_createProgramDevice(int64_t stateBytes,
                                                           int64_t scratchBytes)
    __attribute__((weak));

#endif // FLM_RUNTIME_DEVICE_PROGRAMDEVICE_H
