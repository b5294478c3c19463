//===----------------------------------------------------------------------===//
// What compiled kernels call: one function per device op, with the op's
// operands and, last, its name or place for reports.
//===----------------------------------------------------------------------===//
#ifndef FLM_CODEGEN_GPU_EMULATOR_RUNTIME_ENTRIES_H
#define FLM_CODEGEN_GPU_EMULATOR_RUNTIME_ENTRIES_H

#include <cstdint>

namespace flm::emu {
struct TensorMap;
} // namespace flm::emu

// name, result, (parameters)
#define FLM_EMU_ENTRIES(X)                                                     \
  /* Where a thread is */                                                      \
  X(thread_index, int32_t, (const char *))                                     \
  X(block_index, int32_t, (int32_t dimension, const char *))                   \
  X(block_threads, int32_t, (const char *))                                    \
  X(grid_blocks, int32_t, (int32_t dimension, const char *))                   \
  X(lane, int32_t, (const char *))                                             \
  X(cluster_rank, int32_t, (const char *))                                     \
  X(cluster_blocks, int32_t, (const char *))                                   \
  /* Memory */                                                                 \
  X(shared_base, void *, ())                                                   \
  X(check_global, void,                                                        \
    (void *, int64_t bytes, int64_t alignment, int32_t write, const char *))   \
  X(check_shared, void,                                                        \
    (void *, int64_t bytes, int64_t alignment, int32_t write, const char *))   \
  X(fence_proxy_async, void, (const char *))                                   \
  /* Barriers */                                                               \
  X(barrier, void, (int32_t id, int32_t threads, const char *))                \
  X(barrier_arrive, void, (int32_t id, int32_t threads, const char *))         \
  X(cluster_arrive, void, (const char *))                                      \
  X(cluster_wait, void, (const char *))                                        \
  X(mbarrier_init, void, (void *, int32_t count, const char *))                \
  X(fence_mbarrier_init, void, (const char *))                                 \
  X(mbarrier_arrive, void, (void *, int32_t count, const char *))              \
  X(mbarrier_arrive_expect_tx, void, (void *, int32_t bytes, const char *))    \
  X(mbarrier_try_wait, int32_t, (void *, int32_t parity, const char *))        \
  X(mapa, void *, (void *, int32_t rank, const char *))                        \
  /* Copies by TMA; coordinates innermost first */                             \
  X(bulk_load, void,                                                           \
    (void *shared, void *global, int32_t bytes, void *mbarrier, const char *)) \
  X(tensor_load, void,                                                         \
    (void *shared, flm::emu::TensorMap *, const int32_t *coordinates,          \
     int32_t rank, void *mbarrier, int32_t multicast, int32_t blocks,          \
     const char *))                                                            \
  X(tensor_store, void,                                                        \
    (flm::emu::TensorMap *, void *shared, const int32_t *coordinates,          \
     int32_t rank, int32_t add, const char *))                                 \
  X(bulk_commit, void, (const char *))                                         \
  X(bulk_wait, void, (int32_t pending, const char *))                          \
  /* Copies by cp.async */                                                     \
  X(async_copy, void,                                                          \
    (void *shared, void *global, int32_t bytes, int32_t valid, const char *))  \
  X(async_commit, void, (const char *))                                        \
  X(async_wait, void, (int32_t pending, const char *))                         \
  /* Warps */                                                                  \
  X(warp_barrier, void, (int32_t mask, const char *))                          \
  X(shuffle_i32, int32_t,                                                      \
    (int32_t kind, int32_t mask, int32_t value, int32_t offset,                \
     int32_t maskAndClamp, const char *))                                      \
  X(shuffle_f32, float,                                                        \
    (int32_t kind, int32_t mask, float value, int32_t offset,                  \
     int32_t maskAndClamp, const char *))                                      \
  X(elect, int32_t, (int32_t mask, const char *))                              \
  X(set_registers, void, (int32_t count, int32_t increase, const char *))      \
  X(load_matrix, void,                                                         \
    (void *row, int32_t count, int32_t transposed, int32_t *result,            \
     const char *))                                                            \
  X(store_matrix, void,                                                        \
    (void *row, int32_t count, int32_t transposed, const int32_t *values,      \
     const char *))                                                            \
  X(mma, void, (const int32_t *operands, float *result, const char *))         \
  /* Warpgroups; see Wgmma.cpp */                                              \
  X(wgmma_fence, void, (const char *))                                         \
  X(wgmma, void,                                                               \
    (int32_t n, int32_t transposeA, int32_t transposeB, int32_t accumulate,    \
     const int32_t *registersA, int64_t descriptorA, int64_t descriptorB,      \
     float *result, const char *))                                             \
  X(wgmma_commit, void, (const char *))                                        \
  X(wgmma_wait, void, (int32_t pending, const char *))                         \
  X(wgmma_results, void, (const float *, const char *))                        \
  /* Approximate functions */                                                  \
  X(exp2, float, (float))                                                      \
  X(log2, float, (float))                                                      \
  X(reciprocal, float, (float))                                                \
  X(rsqrt, float, (float))

extern "C" {
#define FLM_EMU_DECLARE(name, result, parameters)                              \
  result flm_emu_##name parameters;
FLM_EMU_ENTRIES(FLM_EMU_DECLARE)
#undef FLM_EMU_DECLARE
}

#endif // FLM_CODEGEN_GPU_EMULATOR_RUNTIME_ENTRIES_H
