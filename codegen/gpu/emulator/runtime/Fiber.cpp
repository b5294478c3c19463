//===----------------------------------------------------------------------===//
// Stacks and the switch between them.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/emulator/runtime/Fiber.h"

#include <cstdio>
#include <cstdlib>

#include <sys/mman.h>

using namespace flm::emu;

FiberStacks::FiberStacks(size_t count) : bytes(count * stackBytes) {
  void *mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) {
    std::perror("the emulator could not reserve stacks");
    std::abort();
  }
  memory = static_cast<char *>(mapped);
}

FiberStacks::~FiberStacks() { munmap(memory, bytes); }

#if defined(__x86_64__)

// Saves the registers that a callee must keep (System V ABI) on the stack,
// exchanges the stacks and restores them.
extern "C" void flm_emu_exchange_stacks(void **save, void *load);
asm(R"(
.text
.globl flm_emu_exchange_stacks
.type flm_emu_exchange_stacks, @function
flm_emu_exchange_stacks:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size flm_emu_exchange_stacks, . - flm_emu_exchange_stacks
)");

void Fiber::prepare(char *stack, void (*entry)()) {
  // As if `entry` had been called: its address where the switch returns to, and
  // the stack pointer 8 bytes off a multiple of 16 when it begins.
  constexpr int savedRegisters = 6;
  auto **top = reinterpret_cast<void **>(stack + FiberStacks::stackBytes) - 2;
  *top = reinterpret_cast<void *>(entry);
  own = top - savedRegisters;
}

void Fiber::resume() { flm_emu_exchange_stacks(&caller, own); }
void Fiber::stop() { flm_emu_exchange_stacks(&own, caller); }

#else

void Fiber::prepare(char *stack, void (*entry)()) {
  getcontext(&own);
  own.uc_stack.ss_sp = stack;
  own.uc_stack.ss_size = FiberStacks::stackBytes;
  own.uc_link = nullptr;
  makecontext(&own, entry, 0);
}

void Fiber::resume() { swapcontext(&caller, &own); }
void Fiber::stop() { swapcontext(&own, &caller); }

#endif
