//===----------------------------------------------------------------------===//
// Parsing and checking: memory safety rests on shapes and ids that fit.
//===----------------------------------------------------------------------===//
#include "runtime/train/DistributionManifest.h"

#include <algorithm>
#include <stdexcept>

using namespace flmrt;
using flm::abi::CollectiveKind;
using nlohmann::ordered_json;

[[noreturn]] static void fail(const std::string &message) {
  throw std::invalid_argument(message);
}

int64_t Distribution::batchRanks() const {
  int64_t ranks = 1;
  for (int64_t axis : batchAxes)
    ranks *= mesh.size(axis);
  return ranks;
}

std::vector<int64_t> Distribution::predictedBytes(int64_t rank) const {
  std::vector<int64_t> bytes;
  for (const Collective &collective : collectives) {
    int64_t times = collective.stages.empty() ? collective.times : 0;
    for (int64_t stage : collective.stages)
      if (stage == mesh.coordinate(rank, *pipelineAxis))
        times += collective.times;
    bytes.push_back(collective.bytes * times);
  }
  return bytes;
}

int64_t flmrt::parseAxis(const ordered_json &name, const Mesh &mesh) {
  std::optional<int64_t> axis = mesh.find(name.get<std::string>());
  if (!axis)
    fail("the mesh has no axis '" + name.get<std::string>() + "'");
  return *axis;
}

//===-- The mesh ----------------------------------------------------------===//

static Mesh parseMesh(const ordered_json &json) {
  auto names = json.at("axes").get<std::vector<std::string>>();
  auto sizes = json.at("sizes").get<std::vector<int64_t>>();
  constexpr int64_t mostRanks = 1 << 24;
  int64_t ranks = 1;
  for (int64_t size : sizes)
    if (size < 1 || (ranks *= std::min(size, mostRanks)) > mostRanks)
      fail("the sizes of the mesh are impossible");
  if (names.size() != sizes.size())
    fail("the mesh has " + std::to_string(names.size()) + " axes and " +
         std::to_string(sizes.size()) + " sizes");
  return Mesh(std::move(names), std::move(sizes));
}

//===-- Collectives -------------------------------------------------------===//

static ElementType parseType(const std::string &name) {
  if (name == "f32")
    return ElementType::F32;
  if (name == "bf16")
    return ElementType::BF16;
  if (name == "i32")
    return ElementType::I32;
  fail("there are no collectives of '" + name + "'");
}

/// A dim that the ranks of the axis divide.
static int64_t parseDim(const ordered_json &json,
                        const std::vector<int64_t> &shape, int64_t ranks) {
  int64_t dim = json.get<int64_t>();
  if (dim < 0 || dim >= static_cast<int64_t>(shape.size()) ||
      shape[static_cast<size_t>(dim)] % ranks != 0)
    fail("dim " + std::to_string(dim) + " cannot be split");
  return dim;
}

static Collective parseCollective(const ordered_json &json,
                                  const Distribution &distribution) {
  Collective collective;
  const Mesh &mesh = distribution.mesh;
  json.at("id").get_to(collective.id);
  std::string kind = json.at("kind").get<std::string>();
  auto known = flm::abi::collectiveKind(kind);
  if (!known)
    fail("unknown kind '" + kind + "'");
  collective.kind = *known;
  collective.axis = parseAxis(json.at("axis"), mesh);
  const int64_t ranks = mesh.size(collective.axis);
  json.at("shape").get_to(collective.shape);
  collective.type = parseType(json.at("dtype").get<std::string>());
  int64_t elements = 1;
  for (int64_t size : collective.shape)
    if (size < 1 || __builtin_mul_overflow(elements, size, &elements) ||
        elements > INT64_MAX / 8)
      fail("impossible shape");
  std::string op = json.value("op", "sum");
  if (op != "sum" && op != "max")
    fail("unknown op '" + op + "'");
  collective.reduction = op == "sum" ? Reduction::Sum : Reduction::Max;

  switch (collective.kind) {
  case CollectiveKind::all_gather:
  case CollectiveKind::reduce_scatter:
  case CollectiveKind::slice:
    if (json.contains("flat")) {
      json.at("flat").get_to(collective.flat);
      if (collective.flat < 1 || collective.flat > INT64_MAX / 8 / ranks ||
          collective.flat * ranks < elements)
        fail("impossible 'flat'");
    } else {
      collective.dim = parseDim(json.at("dim"), collective.shape, ranks);
    }
    break;
  case CollectiveKind::all_to_all:
    collective.dim = parseDim(json.at("from"), collective.shape, ranks);
    collective.to = parseDim(json.at("to"), collective.shape, ranks);
    if (collective.dim == collective.to)
      fail("'from' and 'to' are the same dim");
    break;
  case CollectiveKind::mask:
    collective.at = json.value("at", int64_t(0));
    if (collective.at < 0 || collective.at >= ranks)
      fail("there is no index " + std::to_string(collective.at));
    break;
  case CollectiveKind::send:
  case CollectiveKind::receive:
    json.at("offset").get_to(collective.offset);
    json.at("match").get_to(collective.match);
    if (ranks < 2 || (collective.offset != 1 && collective.offset != -1))
      fail("expected an offset of +1 or -1 along an axis of several ranks");
    break;
  case CollectiveKind::all_reduce:
    break;
  }

  collective.name = json.value("name", "");
  collective.source = json.value("source", "");
  json.at("bytes").get_to(collective.bytes);
  collective.times = json.value("times", int64_t(0));
  int64_t expected =
      flm::abi::bytesSent(collective.kind, ranks, elements, collective.flat,
                          elementBytes(collective.type));
  if (collective.bytes != expected)
    fail("sends " + std::to_string(expected) +
         " bytes, but the manifest says " + std::to_string(collective.bytes));
  if (json.contains("stages")) {
    json.at("stages").get_to(collective.stages);
    if (!distribution.pipelineAxis)
      fail("there are no stages without a pipeline axis");
    for (int64_t stage : collective.stages)
      if (stage < 0 || stage >= mesh.size(*distribution.pipelineAxis))
        fail("there is no stage " + std::to_string(stage));
  }
  return collective;
}

/// A receive must get a tensor of the size that its send sends.
static void checkMatch(const Collective &collective,
                       const std::vector<Collective> &all) {
  const bool isSend = collective.kind == CollectiveKind::send;
  if (!isSend && collective.kind != CollectiveKind::receive)
    return;
  bool isMatched = false;
  if (collective.match >= 0 &&
      collective.match < static_cast<int64_t>(all.size())) {
    const Collective &other = all[static_cast<size_t>(collective.match)];
    isMatched = other.kind ==
                    (isSend ? CollectiveKind::receive : CollectiveKind::send) &&
                other.axis == collective.axis &&
                other.offset == collective.offset &&
                other.match == collective.id &&
                other.bytesOf(other.elements()) ==
                    collective.bytesOf(collective.elements());
  }
  if (!isMatched)
    fail("collective " + std::to_string(collective.id) + " has no match in " +
         std::to_string(collective.match));
}

//===-- All of it ---------------------------------------------------------===//

Distribution flmrt::parseDistribution(const ordered_json &manifest) {
  Distribution distribution;
  if (!manifest.contains("mesh"))
    return distribution;
  const ordered_json &mesh = manifest.at("mesh");
  distribution.mesh = parseMesh(mesh);
  if (mesh.contains("batch")) {
    for (const ordered_json &name : mesh.at("batch"))
      distribution.batchAxes.push_back(parseAxis(name, distribution.mesh));
    if (!std::is_sorted(distribution.batchAxes.begin(),
                        distribution.batchAxes.end()) ||
        std::adjacent_find(distribution.batchAxes.begin(),
                           distribution.batchAxes.end()) !=
            distribution.batchAxes.end())
      fail("the axes of the batch are not in the order of the mesh");
  } else if (auto axis = distribution.mesh.find("dp")) {
    distribution.batchAxes = {*axis};
  }
  distribution.pipelineAxis =
      mesh.contains("pipeline")
          ? parseAxis(mesh.at("pipeline"), distribution.mesh)
          : distribution.mesh.find("pp");

  // Ids are tags of messages, and MPI promises no more than these.
  constexpr size_t mostCollectives = 32767;
  if (!manifest.contains("collectives"))
    return distribution;
  const ordered_json &list = manifest.at("collectives");
  if (list.size() > mostCollectives)
    fail("there are more than " + std::to_string(mostCollectives) +
         " collectives");
  for (const ordered_json &json : list) {
    auto id = static_cast<int64_t>(distribution.collectives.size());
    try {
      distribution.collectives.push_back(parseCollective(json, distribution));
    } catch (const std::invalid_argument &error) {
      fail("collective " + std::to_string(id) + ": " + error.what());
    }
    if (distribution.collectives.back().id != id)
      fail("collective " + std::to_string(id) + " has the id " +
           std::to_string(distribution.collectives.back().id));
  }
  for (const Collective &collective : distribution.collectives)
    checkMatch(collective, distribution.collectives);
  return distribution;
}

std::vector<Part> flmrt::parseParts(const ordered_json &json,
                                    const std::vector<int64_t> &shape,
                                    const Mesh &mesh) {
  std::vector<Part> parts;
  for (const ordered_json &entry : json) {
    Part part;
    part.axis = parseAxis(entry.at("axis"), mesh);
    if (entry.contains("flat")) {
      part.kind = Part::Flat;
      entry.at("flat").get_to(part.block);
    } else if (entry.contains("at")) {
      part.kind = Part::At;
      entry.at("at").get_to(part.index);
    } else {
      entry.at("dim").get_to(part.dim);
      part.chunks = entry.value("chunks", int64_t(1));
    }
    parts.push_back(part);
  }
  std::string error = partError(shape, parts, mesh);
  if (!error.empty())
    fail(error);
  return parts;
}
