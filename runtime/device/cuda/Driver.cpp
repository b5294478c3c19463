//===----------------------------------------------------------------------===//
// Finding the driver and its functions; what its errors mean.
//===----------------------------------------------------------------------===//
#include "runtime/device/cuda/Driver.h"

#include "runtime/UserError.h"

#include <dlfcn.h>

using namespace flmrt;
using namespace flmrt::cuda;

static constexpr const char *libraryName = "libcuda.so.1";

static std::string versionOf(int version) {
  return std::to_string(version / 1000) + "." +
         std::to_string(version % 1000 / 10);
}

const Driver &Driver::get() {
  static const Driver driver;
  return driver;
}

Driver::Driver() {
  void *library = dlopen(libraryName, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    throw UserError(std::string("no NVIDIA driver: ") + dlerror() +
                    "; install one, or on a machine that has one, let this "
                    "program see it (in a container: --gpus all)");
  auto find = [&](auto &function, const char *symbol) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(
        dlsym(library, symbol));
    return function != nullptr;
  };

  // The version first: it says why others may be missing.
  if (!find(table.driverVersion, "cuDriverGetVersion") ||
      !find(table.init, "cuInit"))
    throw UserError(std::string(libraryName) +
                    " is not NVIDIA's driver: it has no cuInit");
  table.driverVersion(&supported);
  const char *missing = nullptr;
#define FLM_DRIVER_FUNCTION(member, symbol, parameters)                        \
  if (!find(table.member, #symbol) && !missing)                                \
    missing = #symbol;
#include "runtime/device/cuda/Driver.def"

  Status status = table.init(0);
  if (status == Status::StubLibrary)
    throw UserError(
        std::string(libraryName) +
        " is the stub of a CUDA toolkit, which only serves to link "
        "programs; take its folder (.../stubs) off LD_LIBRARY_PATH, "
        "so that the driver's own is found");
  if (status == Status::NoDevice)
    throw UserError("the NVIDIA driver finds no GPU; look at `nvidia-smi` and "
                    "at CUDA_VISIBLE_DEVICES");
  if (missing || supported < oldestVersion)
    throw UserError("the NVIDIA driver supports CUDA " + versionOf(supported) +
                    (missing ? std::string(" and has no ") + missing : "") +
                    "; " + versionOf(oldestVersion) +
                    " or newer (driver 525) is needed");
  check(status, "starting the NVIDIA driver");
}

std::string Driver::versionText() const { return versionOf(supported); }

std::string Driver::describe(Status status) const {
  const char *name = nullptr, *text = nullptr;
  if (table.errorName)
    table.errorName(status, &name);
  if (table.errorText)
    table.errorText(status, &text);
  std::string result = name ? name : "unknown error";
  result += " (" + std::to_string(static_cast<int>(status)) + ")";
  return text ? result + ", " + text : result;
}

void Driver::check(Status status, const std::string &doing) const {
  if (status != Status::Success)
    throw UserError(doing + ": " + describe(status));
}
