//===----------------------------------------------------------------------===//
// What a compiled program offers the runtime, and what it calls.
//
// flmc writes an object file with the symbols below and links it with the
// runtime into one training binary. This folder is all that the compiler and
// the runtime share; the manifest's fields are in Manifest.md.
//
// Where the plan has several ranks, every rank runs the same binary in a
// process of its own, and shapes below are those of one rank.
//
// The functions of the program run on the host and drive a device, which may be
// the host itself. All addresses that they are given are the device's: on
// another device than the host they add to them, hand them on, and follow none.
// What they call there may return before it is done; a device does all of it in
// the order of the calls, but for what was started, up to its wait.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_ABI_PROGRAM_H
#define FLM_RUNTIME_ABI_PROGRAM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Raised whenever a symbol, a signature or a manifest field changes meaning.
#define FLM_ABI_VERSION 3

//===-- Written by the compiler -------------------------------------------===//

/// JSON text (UTF-8, null-terminated) that describes the program: dims, recipe
/// values, parameters with their offsets, sizes of the arenas. See Manifest.md.
extern const char flm_manifest[];

/// One optimizer step over `micro` micro-batches, in place.
///   state    parameters, optimizer moments and tables; `state_bytes` long,
///            64-byte aligned
///   scratch  lives within the call only; `scratch_bytes` long, 64-byte aligned
///   tokens, targets  [micro, batch, seq] int32: this rank's sequences, whole
///            in `seq`; ranks that differ on no axis of the batch get the same
///   hyper    the scalars of Hyper.def
///   metrics  out: {loss in nats per token, global gradient norm before
///            clipping}, of the global batch, the same on every rank
void flm_train_step(void *state, void *scratch, const int32_t *tokens,
                    const int32_t *targets, const float *hyper, float *metrics);

/// Mean loss of one micro-batch of all ranks; tokens, targets [batch, seq],
/// this rank's; metrics {loss}, the same on every rank.
void flm_eval_step(void *state, void *scratch, const int32_t *tokens,
                   const int32_t *targets, float *metrics);

/// Logits of one sequence: tokens [seq] -> logits [seq, padded_vocab] float.
/// All ranks call it with the same tokens, and each gets all logits.
void flm_predict(void *state, void *scratch, const int32_t *tokens,
                 float *logits);

/// Mean absolute value of the activations of one micro-batch, for the
/// coordinate check of µP: metrics[i] belongs to the manifest's `probes[i]`
/// (`count` consecutive floats each), the same on every rank. Present only if
/// `probes` is not empty.
void flm_probe(void *state, void *scratch, const int32_t *tokens,
               float *metrics) __attribute__((weak));

//===-- Called by the compiled program ------------------------------------===//

/// One task of a kernel. `args` are the kernel's buffers, `task` counts from 0,
/// `workspace` is private to the executing thread (`workspace_bytes` long,
/// 64-byte aligned, contents undefined).
typedef void (*FlmTask)(void *const *args, int64_t task, void *workspace);

/// Runs task 0 … tasks-1 on the thread pool and returns when all are done.
/// Tasks of one call never write the same bytes, so the result does not depend
/// on the number of threads or their order.
void flm_parallel_for(FlmTask fn, void *const *args, int64_t tasks);

/// Copies `bytes` bytes between places that do not overlap. On the host they
/// are there when it returns, on a device in their turn.
void flm_copy(void *to, const void *from, int64_t bytes);

/// Fills `bytes` bytes at `to`, 4-byte aligned, with copies of `word` as it
/// lies in memory; the last one is cut off where they do not divide. (bf16: the
/// value twice.) Done as flm_copy is.
void flm_fill(void *to, uint32_t word, int64_t bytes);

/// For programs whose kernels run on another device: starts entry `launch` of
/// the manifest's `launches` on `buffers`, one address for each argument of the
/// entry that has one. The addresses are read at once, what is at them in its
/// turn. libflmrt.a has no such device: there a program's kernels are tasks of
/// flm_parallel_for, and one that enqueues does not link.
void flm_enqueue(int64_t launch, void *const *buffers);

/// This rank's index on the mesh axis of this number, in the order of the
/// manifest's `mesh`. The same throughout a run.
int64_t flm_coordinate(int64_t axis);

/// Begins collective `id` of the manifest, in the turn of the call. `in` and
/// `out` belong to it until the wait; one that reads or writes nothing
/// (receive, send) ignores its `in` or `out`. Collectives of one rank are
/// carried out in the order of their starts, except that a send never waits for
/// what was started before it: its tensor is copied, and `in` may be used again
/// at once. An id may be started again after its wait.
void flm_communicate_start(int64_t id, const void *in, void *out);

/// What follows finds `out` of the collective `id`, which was started,
/// complete: on the host it returns no sooner.
void flm_communicate_wait(int64_t id);

/// Start and wait.
void flm_communicate(int64_t id, const void *in, void *out);

#ifdef __cplusplus
}
#endif

#endif // FLM_RUNTIME_ABI_PROGRAM_H
