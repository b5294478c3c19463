//===----------------------------------------------------------------------===//
// Parts against their definition, and against each other: the parts of all
// ranks are the tensor.
//===----------------------------------------------------------------------===//
#include "runtime/checkpoint/TensorPart.h"
#include "runtime/checkpoint/TensorGatherer.h"
#include "test/runtime/TestFiles.h"
#include "test/runtime/comm/InProcessRanks.h"
#include "test/runtime/device/AllMemory.h"
#include "test/runtime/device/SealedDevice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

using namespace flmrt;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

using Piece = std::tuple<int64_t, int64_t, int64_t>; // element, memory, count

std::vector<Piece> runsOf(const TensorPart &part) {
  std::vector<Piece> runs;
  part.forEachRun([&](int64_t element, int64_t memory, int64_t count) {
    runs.emplace_back(element, memory, count);
  });
  return runs;
}

Part dimPart(int64_t axis, int64_t dim, int64_t chunks = 1) {
  Part part;
  part.axis = axis;
  part.dim = dim;
  part.chunks = chunks;
  return part;
}

Part flatPart(int64_t axis, int64_t block) {
  Part part;
  part.kind = Part::Flat;
  part.axis = axis;
  part.block = block;
  return part;
}

Part atPart(int64_t axis, int64_t index) {
  Part part;
  part.kind = Part::At;
  part.axis = axis;
  part.index = index;
  return part;
}

TEST(TensorPart, IsTheWholeTensorWithoutParts) {
  Mesh mesh({"dp"}, {2});
  EXPECT_THAT(runsOf(TensorPart(12)), ElementsAre(Piece(0, 0, 12)));
  EXPECT_THAT(runsOf(TensorPart({3, 4}, {}, mesh, 1, {})),
              ElementsAre(Piece(0, 0, 12)));
  // Layer 2 of three is behind the first two, in the tensor's own numbers.
  EXPECT_THAT(runsOf(TensorPart({3, 4}, {}, mesh, 1, 2)),
              ElementsAre(Piece(0, 8, 4)));
}

TEST(TensorPart, CutsDims) {
  Mesh mesh({"tp", "pp"}, {2, 2});
  // Rows of 6, the second half of each.
  EXPECT_THAT(runsOf(TensorPart({2, 6}, {dimPart(0, 1)}, mesh, 2, {})),
              ElementsAre(Piece(3, 0, 3), Piece(9, 3, 3)));
  // Rows 2 and 3 of 4.
  EXPECT_THAT(runsOf(TensorPart({4, 3}, {dimPart(0, 0)}, mesh, 2, {})),
              ElementsAre(Piece(6, 0, 6)));
  // Eight layers over two stages of two chunks: stage 1 has 2 3 6 7.
  std::vector<Part> parts = {dimPart(1, 0, 2)};
  std::vector<int64_t> slots;
  for (int64_t layer = 0; layer < 8; ++layer) {
    TensorPart part({8, 5}, parts, mesh, 1, layer);
    slots.push_back(part.isEmpty() ? -1 : std::get<1>(runsOf(part)[0]) / 5);
  }
  EXPECT_THAT(slots, ElementsAre(-1, -1, 0, 1, -1, -1, 2, 3));
}

TEST(TensorPart, CutsTheFlattenedRest) {
  Mesh mesh({"dp", "tp"}, {2, 2});
  // 2 x 3 elements are left of rows of 6; four of them on dp 0, two on dp 1.
  std::vector<Part> parts = {dimPart(1, 1), flatPart(0, 4)};
  EXPECT_THAT(runsOf(TensorPart({2, 6}, parts, mesh, 1, {})),
              ElementsAre(Piece(3, 0, 3), Piece(9, 3, 1)));
  EXPECT_THAT(runsOf(TensorPart({2, 6}, parts, mesh, 3, {})),
              ElementsAre(Piece(10, 0, 2)));
  EXPECT_TRUE(TensorPart({3}, {flatPart(0, 3)}, mesh, 2, {}).isEmpty());
}

TEST(TensorPart, RefusesImpossibleParts) {
  Mesh mesh({"dp", "tp"}, {2, 4});
  auto error = [&](std::vector<Part> parts) {
    return partError({8, 6}, parts, mesh);
  };
  EXPECT_EQ(error({dimPart(1, 0), flatPart(0, 6)}), "");
  EXPECT_EQ(error({
                dimPart(1, 0, 2),
                dimPart(0, 1),
            }),
            "");
  EXPECT_THAT(error({dimPart(1, 1)}), HasSubstr("does not divide over 'tp'"));
  EXPECT_THAT(error({dimPart(1, 0, 3)}), HasSubstr("does not divide"));
  EXPECT_THAT(error({dimPart(1, 2)}), HasSubstr("dim 2 cannot be split"));
  EXPECT_THAT(error({dimPart(1, 0), dimPart(0, 0)}), HasSubstr("dim 0"));
  EXPECT_THAT(error({dimPart(1, 0), atPart(1, 0)}), HasSubstr("two parts"));
  EXPECT_THAT(error({dimPart(1, 0), flatPart(0, 5)}), HasSubstr("flattened"));
  EXPECT_THAT(error({flatPart(0, 99), dimPart(1, 0)}), HasSubstr("flattened"));
  EXPECT_THAT(error({atPart(0, 2)}), HasSubstr("no index 2 on 'dp'"));
  EXPECT_THAT(error({dimPart(2, 0)}), HasSubstr("does not have"));
}

//===-- Random layouts ----------------------------------------------------===//

struct Random {
  uint32_t state;
  int64_t below(int64_t n) {
    state = state * 1664525 + 1013904223;
    return static_cast<int64_t>(state >> 8) % n;
  }
};

/// Memory of one rank, element by element, from the manifest's definition: the
/// element of the parameter that lies there, or -1 for padding.
std::vector<int64_t> memoryByDefinition(const std::vector<int64_t> &shape,
                                        const std::vector<Part> &parts,
                                        const Mesh &mesh, int64_t rank) {
  std::vector<std::vector<int64_t>> indices; // per dim, those that are here
  for (int64_t size : shape) {
    indices.emplace_back();
    for (int64_t i = 0; i < size; ++i)
      indices.back().push_back(i);
  }
  for (const Part &part : parts)
    if (part.kind == Part::Dim) {
      auto dim = static_cast<size_t>(part.dim);
      const int64_t n = mesh.size(part.axis);
      const int64_t i = mesh.coordinate(rank, part.axis);
      const int64_t L = shape[dim] / n / part.chunks;
      indices[dim].clear();
      for (int64_t c = 0; c < part.chunks; ++c)
        for (int64_t l = 0; l < L; ++l)
          indices[dim].push_back((c * n + i) * L + l);
    }
  std::vector<int64_t> memory = {0};
  for (size_t d = 0; d < shape.size(); ++d) {
    std::vector<int64_t> next;
    for (int64_t outer : memory)
      for (int64_t index : indices[d])
        next.push_back(outer * shape[d] + index);
    memory = next;
  }
  for (const Part &part : parts)
    if (part.kind == Part::Flat) {
      memory.resize(static_cast<size_t>(part.block * mesh.size(part.axis)), -1);
      auto begin =
          memory.begin() + part.block * mesh.coordinate(rank, part.axis);
      memory = {begin, begin + part.block};
    } else if (part.kind == Part::At &&
               mesh.coordinate(rank, part.axis) != part.index)
      memory.assign(memory.size(), -1);
  return memory;
}

TEST(TensorPart, RandomLayoutsAreWhatTheManifestSays) {
  Random random{7};
  int cutFlat = 0, interleaved = 0;
  for (int round = 0; round < 400; ++round) {
    Mesh mesh({"a", "b", "c"},
              {1 + random.below(3), 1 + random.below(3), 1 + random.below(3)});
    std::vector<int64_t> shape;
    for (int64_t d = 0, dims = 1 + random.below(3); d < dims; ++d)
      shape.push_back(1 + random.below(4));
    std::vector<Part> parts;
    for (int64_t axis = 0; axis < 2; ++axis) {
      int64_t dim = random.below(static_cast<int64_t>(shape.size()));
      if (random.below(3) == 0) {
        parts.push_back(atPart(axis, random.below(mesh.size(axis))));
      } else if (parts.empty() || parts[0].kind == Part::At ||
                 parts[0].dim != dim) {
        parts.push_back(dimPart(axis, dim, 1 + random.below(3)));
        shape[static_cast<size_t>(dim)] *=
            mesh.size(axis) * parts.back().chunks;
        interleaved += mesh.size(axis) > 1 && parts.back().chunks > 1;
      }
    }
    if (random.below(2)) {
      int64_t left = partElements(shape, parts, mesh), n = mesh.size(2);
      parts.push_back(flatPart(2, (left + n - 1) / n + random.below(left)));
      ++cutFlat;
    }
    ASSERT_EQ(partError(shape, parts, mesh), "");
    const bool isStacked = random.below(2) != 0;
    const int64_t layers = isStacked ? shape[0] : 1;
    int64_t elements = 1;
    for (int64_t size : shape)
      elements *= size;

    std::vector<int> seen(static_cast<size_t>(elements));
    for (int64_t rank = 0; rank < mesh.ranks(); ++rank) {
      std::vector<int64_t> expected =
          memoryByDefinition(shape, parts, mesh, rank);
      ASSERT_EQ(static_cast<int64_t>(expected.size()),
                partElements(shape, parts, mesh));
      std::vector<int64_t> memory(expected.size(), -1);
      for (int64_t layer = 0; layer < layers; ++layer) {
        TensorPart part(shape, parts, mesh, rank,
                        isStacked ? std::optional(layer) : std::nullopt);
        int64_t count = 0;
        part.forEachRun([&](int64_t element, int64_t at, int64_t length) {
          count += length;
          for (int64_t i = 0; i < length; ++i) {
            memory.at(static_cast<size_t>(at + i)) =
                layer * (elements / layers) + element + i;
            ++seen.at(
                static_cast<size_t>(layer * (elements / layers) + element + i));
          }
        });
        EXPECT_EQ(count, part.elements());
      }
      ASSERT_EQ(memory, expected) << "round " << round << ", rank " << rank;
    }
    // Every element is somewhere, equally often: once per rank of the axes that
    // no part is over.
    int64_t copies = mesh.ranks();
    for (const Part &part : parts)
      copies /= mesh.size(part.axis);
    EXPECT_THAT(seen, testing::Each(copies)) << round;
  }
  EXPECT_GT(cutFlat, 100);
  EXPECT_GT(interleaved, 50);
}

//===-- Files and ranks ---------------------------------------------------===//

TEST(TensorGatherer, PutsTogetherWhatReadingTookApart) {
  // A file, read in parts by each rank and gathered again: short runs and long
  // ones, copies on some axes, a part that is all padding, one that is
  // elsewhere.
  flmtest::TemporaryDirectory directory;
  std::string path = directory / "whole.safetensors";
  std::vector<float> values(300 * 400);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = float(i) + 0.5f;
  const std::vector<int64_t> shape = {300, 400};
  Mesh mesh({"dp", "pp", "tp"}, {2, 3, 2});
  const std::vector<std::vector<Part>> layouts = {
      {dimPart(2, 1)},
      {dimPart(2, 0), flatPart(0, 50001)},
      {dimPart(2, 1, 5), dimPart(1, 0, 2)},
      {flatPart(1, 60000)},
      {atPart(1, 2), dimPart(0, 0)},
      {},
  };
  std::vector<Tensor> whole;
  for (size_t i = 0; i < layouts.size(); ++i)
    whole.push_back(
        {"t" + std::to_string(i), shape, flmtest::AllMemory::offsetOf(values)});
  flmtest::AllMemory memory;
  writeSafetensors(path, whole, wholeOnThisRank(memory));

  flmtest::runRanks(
      mesh, {}, [&](Communicator &communicator, ProgramExchange &) {
        std::vector<SharedTensor> shared;
        std::vector<Tensor> wanted;
        int64_t bytes = 0;
        for (size_t i = 0; i < layouts.size(); ++i) {
          TensorPart part(shape, layouts[i], mesh, communicator.rank(), {});
          wanted.push_back({whole[i].name, shape, bytes, part});
          shared.push_back({wanted[i], layouts[i], shape, {}});
          bytes += 4 * partElements(shape, layouts[i], mesh);
        }
        // Nobody follows an address of a device.
        flmtest::SealedDevice device(bytes, 0);
        SafetensorsFile(path).readInto(device, wanted, StoredTypes::F32Only);
        TensorGatherer gatherer(communicator, device, shared);
        if (!communicator.isRoot()) {
          EXPECT_FALSE(gatherer.serve());
          return;
        }
        for (const Tensor &tensor : whole) {
          const float *found = gatherer.whole(tensor.name);
          EXPECT_TRUE(std::equal(values.begin(), values.end(), found))
              << tensor.name;
        }
        gatherer.finish(false);
      });
}

} // namespace
