//===----------------------------------------------------------------------===//
// What the hardware would not tell.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIME_CHECKS_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIME_CHECKS_H

#include "codegen/gpu/emulator/runtime/Cluster.h"

namespace flm::emu {

/// An access to global memory: within one range of the launch, allowed there,
/// aligned, not where another block writes. Whether it may be carried out.
bool checkGlobal(const Thread &thread, const void *address, int64_t bytes,
                 int64_t alignment, GlobalAccesses::Kind kind,
                 const char *where);

/// An access to the shared memory of `block`: within what the launch asked for,
/// aligned, not over an mbarrier and not where an asynchronous operation is in
/// flight that it conflicts with. Whether it may be carried out.
bool checkShared(const Thread &thread, const Block &block, const void *address,
                 int64_t bytes, int64_t alignment, bool write,
                 const char *where);

//===----------------------------------------------------------------------===//
// Asynchronous operations (TMA, cp.async, wgmma) and ordinary accesses
//===----------------------------------------------------------------------===//

/// From when the operation at `where` is issued to when it takes effect: it
/// reads or writes these bytes, so nobody may write, or touch, them.
void beginAsync(Block &block, const void *address, int64_t bytes, bool write,
                const char *where);
void endAsync(Block &block, const void *address, int64_t bytes, bool write);

/// A thread wrote shared memory the ordinary way: asynchronous operations (TMA,
/// wgmma) see it only after that thread's fence.proxy.async.
void markUnfenced(Thread &thread, const void *address, int64_t bytes);
/// That fence.
void fence(Thread &thread);
/// An asynchronous operation touches these bytes: nobody's write to them may be
/// unfenced. `thread` issued it.
void checkFenced(const Thread &thread, const Block &block, const void *address,
                 int64_t bytes, const char *where, const char *what);

//===----------------------------------------------------------------------===//
// At the end
//===----------------------------------------------------------------------===//

/// A thread has returned: nothing of it may still use shared memory.
void checkAtExit(const Thread &thread);
/// All threads of the cluster have returned: no barrier may be half full.
void checkAtEnd(const Block &block);
/// Notes the state of every barrier that somebody has arrived at.
void reportBarrierStates(const Block &block);

} // namespace flm::emu

#endif // FLM_CODEGEN_GPU_EMULATOR_RUNTIME_CHECKS_H
