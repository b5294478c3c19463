//===----------------------------------------------------------------------===//
// What a compiled program offers the runtime, and what it calls.
//
// flmc writes an object file with the symbols below and links it with the
// runtime into one training binary. This header and Hyper.def are all that the
// compiler and the runtime share; the manifest's fields are in Manifest.md.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_ABI_PROGRAM_H
#define FLM_RUNTIME_ABI_PROGRAM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Raised whenever a symbol, a signature or a manifest field changes meaning.
#define FLM_ABI_VERSION 1

//===-- Written by the compiler -------------------------------------------===//

/// JSON text (UTF-8, null-terminated) that describes the program: dims, recipe
/// values, parameters with their offsets, sizes of the arenas. See Manifest.md.
extern const char flm_manifest[];

/// One optimizer step over `micro` micro-batches, in place.
///   state    parameters, optimizer moments and tables; `state_bytes` long,
///            64-byte aligned
///   scratch  lives within the call only; `scratch_bytes` long, 64-byte aligned
///   tokens, targets  [micro, batch, seq] int32
///   hyper    the scalars of Hyper.def
///   metrics  out: {loss in nats per token, global gradient norm before clipping}
void flm_train_step(void *state, void *scratch, const int32_t *tokens,
                    const int32_t *targets, const float *hyper, float *metrics);

/// Mean loss of one micro-batch; tokens, targets [batch, seq]; metrics {loss}.
void flm_eval_step(void *state, void *scratch, const int32_t *tokens,
                   const int32_t *targets, float *metrics);

/// Logits of one sequence: tokens [seq] -> logits [seq, padded_vocab] float.
void flm_predict(void *state, void *scratch, const int32_t *tokens,
                 float *logits);

/// Mean absolute value of the activations of one micro-batch, for the
/// coordinate check of µP: metrics[i] belongs to the manifest's `probes[i]`
/// (`count` consecutive floats each). Present only if `probes` is not empty.
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

#ifdef __cplusplus
}
#endif

#endif // FLM_RUNTIME_ABI_PROGRAM_H
