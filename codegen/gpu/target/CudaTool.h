//===----------------------------------------------------------------------===//
// Running a program of the CUDA toolkit on files that live as long as the run.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_TARGET_CUDATOOL_H
#define FLM_CODEGEN_GPU_TARGET_CUDATOOL_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace flm::gpu {

/// A program of the toolkit and a temporary folder for it.
///
///   llvm::Expected<CudaTool> ptxas = CudaTool::find("ptxas");
///   ptxas->write("kernel.ptx", ptx);
///   ptxas->run({"-arch=sm_80", ptxas->path("kernel.ptx"), ...});
class CudaTool {
public:
  /// Finds `name` in $CUDA_HOME/bin if that is set, else in
  /// /usr/local/cuda/bin or on PATH. The error says how to get it.
  static llvm::Expected<CudaTool> find(llvm::StringRef name);
  ~CudaTool();
  CudaTool(CudaTool &&other);
  CudaTool &operator=(CudaTool &&) = delete;

  /// Where `file` lies in the temporary folder.
  std::string path(llvm::StringRef file) const;
  llvm::Error write(llvm::StringRef file, llvm::StringRef contents) const;
  llvm::Expected<std::string> read(llvm::StringRef file) const;

  /// What the program prints; if it fails, that is the error.
  llvm::Expected<std::string> run(llvm::ArrayRef<std::string> arguments) const;

private:
  CudaTool(std::string name, std::string program, std::string folder)
      : name(std::move(name)), program(std::move(program)),
        folder(std::move(folder)) {}

  std::string name, program, folder;
};

} // namespace flm::gpu

#endif // FLM_CODEGEN_GPU_TARGET_CUDATOOL_H
