//===----------------------------------------------------------------------===//
// The first values of the parameters, and the tables beside them.
//
// A value is a pure function of the seed, the parameter's name in a checkpoint
// and the element's index in that tensor: threads, layout and sharding never
// change it.
//===----------------------------------------------------------------------===//
#ifndef FLM_RUNTIME_TRAIN_PARAMETERINIT_H
#define FLM_RUNTIME_TRAIN_PARAMETERINIT_H

#include "runtime/checkpoint/Safetensors.h"
#include "runtime/device/ProgramDevice.h"
#include "runtime/device/ThreadPool.h"
#include "runtime/train/ProgramManifest.h"

#include <cstdint>
#include <string>

namespace flmrt {

/// The value below which a standard normal lies with probability `p`, 0 < p < 1
/// (relative error about 1e-16).
double inverseNormal(double p);

/// Elements `begin` … `begin + count - 1` of the tensor `name`: a normal cut at
/// 3 standard deviations and rescaled so that its standard deviation is `std`.
void fillTruncatedNormal(float *out, int64_t begin, int64_t count,
                         uint64_t seed, const std::string &name, double std);

/// Fills what is here, in the state of `device`, of `tensor`: (one layer of) a
/// parameter with this rule.
void initialize(ProgramDevice &device, const Tensor &tensor,
                const InitRule &rule, uint64_t seed, ThreadPool &pool);

/// Fills [seq][head_dim] floats at `out` for the positions from `begin`: per
/// position head_dim/2 cosines, then head_dim/2 sines.
void fillRopeTable(const RopeTable &table, int64_t begin, float *out);

} // namespace flmrt

#endif // FLM_RUNTIME_TRAIN_PARAMETERINIT_H
