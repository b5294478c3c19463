//===----------------------------------------------------------------------===//
// What code is generated for.
//
// The stages know ops and buffers, a target knows kernels, and this is all that
// they say to each other. `buffers` asks how kernels treat memory, `kernels`
// for the launches of each op, `llvm` for the passes that lower them, the
// driver for what is linked. No stage names a target: a module does, in
// `flm.target`.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_TARGET_TARGET_H
#define FLM_CODEGEN_TARGET_TARGET_H

#include "codegen/target/KernelRules.h"

#include "mlir/IR/BuiltinOps.h"

namespace mlir {
class DialectRegistry;
class OpPassManager;
} // namespace mlir

namespace flm {

/// The module's attribute that names its target, and the one that names the CPU
/// that its host functions run on, as LLVM calls it. Set by flm-set-target.
constexpr llvm::StringLiteral kTarget = "flm.target";
constexpr llvm::StringLiteral kCpu = "flm.cpu";

/// The target of a module that names none.
constexpr llvm::StringLiteral kDefaultTarget = "cpu";

/// One kind of machine. It lives as long as the process and has no state:
/// everything that it makes is in a module.
class Target {
public:
  virtual ~Target();

  /// As in --target and `flm.target`.
  llvm::StringRef getName() const { return name; }

  /// Bytes that every buffer is aligned to.
  virtual int64_t bufferAlignment() const = 0;

  /// The results of `op` that its kernels can make in the bytes of an operand,
  /// most wanted first, besides those that its meaning requires
  /// (codegen/buffers/InPlace.h).
  virtual llvm::SmallVector<InPlacePair>
  inPlacePairs(mlir::Operation *op) const;

  /// Bytes that the kernels of `op` need between their phases.
  virtual int64_t temporaryBytes(mlir::Operation *op) const;

  /// Refuses an op whose types the target does not compute with. The error is
  /// located at the op and says what would do.
  virtual mlir::LogicalResult check(mlir::Operation *op) const;

  /// Whether there are kernels for ops such as `op`.
  virtual bool hasKernels(mlir::Operation *op) const;

  /// The kernels of `module`, none yet. Null, with an error at the module,
  /// where its attributes ask for what the target does not have.
  virtual std::unique_ptr<KernelLibrary>
  createLibrary(mlir::ModuleOp module) const = 0;

  /// The dialects that kernels are written in, and that addLowering's passes
  /// need.
  virtual void registerDialects(mlir::DialectRegistry &registry) const;

  /// Appends the passes that turn the launches and kernels of `module` into the
  /// LLVM dialect. Fails, with an error at the module, as createLibrary does.
  virtual mlir::LogicalResult addLowering(mlir::OpPassManager &pm,
                                          mlir::ModuleOp module) const = 0;

  /// What a binary is linked with besides libflmrt.a: "cuda" is
  /// libflmrt_cuda.a, beside it.
  virtual llvm::SmallVector<llvm::StringRef> runtimeParts() const;

  /// Makes a target known, once; of two with one name the first stays.
  static void add(std::unique_ptr<Target> target);
  /// The target of that name, or null.
  static const Target *named(llvm::StringRef name);
  /// All that are known, by name.
  static llvm::ArrayRef<std::unique_ptr<Target>> all();
  /// "cpu, null".
  static std::string names();

  /// The target of the module that `op` is in. Null, with an error at `op`,
  /// where it is not known.
  static const Target *of(mlir::Operation *op);

protected:
  explicit Target(llvm::StringRef name) : name(name) {}

  /// What the functions above go by, unless they are overridden.
  KernelRules rules;

private:
  friend class KernelLibrary;

  std::string name;
};

} // namespace flm

#endif // FLM_CODEGEN_TARGET_TARGET_H
