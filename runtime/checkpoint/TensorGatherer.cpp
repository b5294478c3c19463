//===----------------------------------------------------------------------===//
// The root knows from the parts who has what; a message is the runs of one
// rank's part, one behind the other.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/TensorGatherer.h"

#include <algorithm>

using namespace flmrt;

// What the root says: the index of a tensor that it wants, or one of these.
static constexpr int64_t allIsWell = -1;
static constexpr int64_t somethingFailed = -2;

static const char *const what = "the writing of a checkpoint";

TensorGatherer::TensorGatherer(Communicator &communicator,
                               ProgramDevice &device,
                               const std::vector<SharedTensor> &tensors)
    : communicator(communicator), device(device), tensors(tensors) {
  for (size_t i = 0; i < tensors.size(); ++i)
    indices[tensors[i].tensor.name] = i;
}

TensorPart TensorGatherer::partOf(const SharedTensor &shared,
                                  int64_t rank) const {
  if (shared.parts.empty())
    return TensorPart(shared.tensor.elements());
  return TensorPart(shared.shape, shared.parts, communicator.mesh(), rank,
                    shared.layer);
}

/// Of ranks with the same part, the one with the smallest coordinates: those
/// that are 0 on every axis that no part is over.
bool TensorGatherer::isOwner(const SharedTensor &shared, int64_t rank) const {
  const Mesh &mesh = communicator.mesh();
  for (int64_t axis = 0; axis < mesh.axes(); ++axis) {
    bool isPart =
        std::any_of(shared.parts.begin(), shared.parts.end(),
                    [&](const Part &part) { return part.axis == axis; });
    if (!isPart && mesh.coordinate(rank, axis) != 0)
      return false;
  }
  return !partOf(shared, rank).isEmpty();
}

const float *TensorGatherer::whole(const std::string &name) {
  const size_t index = indices.at(name);
  const SharedTensor &shared = tensors[index];
  mapped.reset();
  if (shared.parts.empty()) {
    mapped.emplace(device, shared.tensor, MapAccess::Read);
    return mapped->data();
  }
  auto request = static_cast<int64_t>(index);
  std::vector<int64_t> owners;
  for (int64_t rank = 0; rank < communicator.ranks(); ++rank)
    if (isOwner(shared, rank))
      owners.push_back(rank);
  for (int64_t rank : owners)
    if (rank != communicator.rank())
      communicator.sendTo(rank, what, &request, sizeof request);

  assembled.resize(static_cast<size_t>(shared.tensor.elements()));
  for (int64_t rank : owners) {
    if (rank == communicator.rank()) {
      MappedTensor(device, shared.tensor, MapAccess::Read)
          .forEachRun([&](int64_t element, const float *at, int64_t count) {
            std::copy_n(at, count, assembled.data() + element);
          });
      continue;
    }
    TensorPart part = partOf(shared, rank);
    message.resize(static_cast<size_t>(part.elements()));
    communicator.receiveFrom(rank, what, message.data(), part.elements() * 4);
    const float *next = message.data();
    part.forEachRun([&](int64_t element, int64_t, int64_t count) {
      std::copy_n(next, count, assembled.data() + element);
      next += count;
    });
  }
  return assembled.data();
}

void TensorGatherer::finish(bool isGood) {
  int64_t verdict = isGood ? allIsWell : somethingFailed;
  for (int64_t rank = 1; rank < communicator.ranks(); ++rank)
    communicator.sendTo(rank, what, &verdict, sizeof verdict);
}

bool TensorGatherer::serve() {
  for (;;) {
    int64_t request;
    // The root is writing what it has asked for before.
    communicator.receiveFrom(0, what, &request, sizeof request,
                             Patience::Files);
    if (request < 0)
      return request == allIsWell;
    const SharedTensor &shared = tensors.at(static_cast<size_t>(request));
    MappedTensor here(device, shared.tensor, MapAccess::Read);
    communicator.sendTo(0, what, here.data(), here.elements() * 4);
  }
}
