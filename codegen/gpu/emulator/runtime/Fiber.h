//===----------------------------------------------------------------------===//
// A function with a stack of its own that can stop and go on.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIME_FIBER_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIME_FIBER_H

#include <cstddef>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace flm::emu {

/// Stacks for many fibers; pages that are not touched take no memory.
class FiberStacks {
public:
  static constexpr size_t stackBytes = 256 << 10;

  explicit FiberStacks(size_t count);
  ~FiberStacks();
  FiberStacks(const FiberStacks &) = delete;
  FiberStacks &operator=(const FiberStacks &) = delete;

  char *stack(size_t i) const { return memory + i * stackBytes; }

private:
  size_t bytes;
  char *memory;
};

/// Switching takes a few nanoseconds on x86-64 and a system call elsewhere.
class Fiber {
public:
  /// `entry` must never return: it stops for good instead.
  void prepare(char *stack, void (*entry)());
  /// Goes on where the fiber stopped, until it stops again.
  void resume();
  /// Called on the fiber: back to who resumed it.
  void stop();

private:
#if defined(__x86_64__)
  void *own = nullptr, *caller = nullptr;
#else
  ucontext_t own, caller;
#endif
};

} // namespace flm::emu

#endif // FLM_CODEGEN_GPU_EMULATOR_RUNTIME_FIBER_H
