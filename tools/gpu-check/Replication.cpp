//===----------------------------------------------------------------------===//
// Repeating contents, comparing results.
//===----------------------------------------------------------------------===//
#include "tools/gpu-check/Replication.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <mutex>
#include <sstream>
#include <thread>

using namespace flm;
using namespace flm::gpucheck;

/// The index of a dim of `small` that index `i` of a dim of `large` repeats.
static int64_t repeated(int64_t i, int64_t large, int64_t small) {
  if (large == small)
    return i;
  // The finaliser of splitmix64.
  uint64_t x = static_cast<uint64_t>(i) * 0x9E3779B97F4A7C15 +
               static_cast<uint64_t>(small);
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return static_cast<int64_t>((x ^ (x >> 31)) % static_cast<uint64_t>(small));
}

Replication::Replication(const Sizes &large, const Sizes &small) {
  assert(large.size() == small.size() && !large.empty() && "the same dims");
  outer.assign(large.begin(), large.end() - 1);
  steps.resize(outer.size());
  int64_t stride = 1;
  for (size_t dim = large.size(); dim-- > 0; stride *= small[dim]) {
    std::vector<int64_t> &target = dim < outer.size() ? steps[dim] : columns;
    for (int64_t i = 0; i < large[dim]; ++i)
      target.push_back(repeated(i, large[dim], small[dim]) * stride);
  }
  for (int64_t size : outer)
    rowCount *= size;
}

int64_t Replication::smallRow(int64_t row) const {
  int64_t result = 0;
  for (size_t dim = outer.size(); dim-- > 0; row /= outer[dim])
    result += steps[dim][row % outer[dim]];
  return result;
}

void Replication::fill(gpuref::Tensor &large, gpuref::Tensor &small) const {
  int64_t bytes = bytesOf(large.description().type);
  char *to = large.data();
  const char *from = small.data();
  inParallel(rowCount, [&](int64_t begin, int64_t end) {
    forEachElement(begin, end, [&](int64_t element, int64_t smallElement) {
      if (bytes == 2)
        std::memcpy(to + element * 2, from + smallElement * 2, 2);
      else
        std::memcpy(to + element * 4, from + smallElement * 4, 4);
    });
  });
}

static Sizes indexOf(int64_t element, const Sizes &shape) {
  Sizes index(shape.size());
  for (size_t dim = shape.size(); dim-- > 0; element /= shape[dim])
    index[dim] = element % shape[dim];
  return index;
}

namespace {

/// What a part of a tensor has shown.
struct Part {
  int64_t wrong = 0, worst = -1;
  double error = 0;
  Sizes first, last;

  void addWrong(const Sizes &index) {
    if (wrong++ == 0)
      first = last = index;
    for (size_t dim = 0; dim < index.size(); ++dim) {
      first[dim] = std::min(first[dim], index[dim]);
      last[dim] = std::max(last[dim], index[dim]);
    }
  }

  void merge(const Part &other) {
    if (other.wrong > 0) {
      int64_t all = wrong + other.wrong;
      if (wrong == 0)
        first = other.first, last = other.last;
      addWrong(other.first);
      addWrong(other.last);
      wrong = all;
    }
    if (other.worst >= 0 && (worst < 0 || other.error > error))
      error = other.error, worst = other.worst;
  }
};

} // namespace

Comparison flm::gpucheck::compare(const gpuref::Expected &expected,
                                  const Replication &replication,
                                  const gpuref::Tensor &tensor) {
  Part all;
  int64_t smallOfWorst = 0;
  std::mutex mutex;
  inParallel(replication.rows(), [&](int64_t begin, int64_t end) {
    Part part;
    int64_t small = 0;
    replication.forEachElement(begin, end, [&](int64_t element, int64_t of) {
      double error = expected.errorOf(of, tensor.get(element));
      if (error > 1)
        part.addWrong(indexOf(element, tensor.shape()));
      if (part.worst < 0 || error > part.error)
        part.error = error, part.worst = element, small = of;
    });
    std::lock_guard<std::mutex> lock(mutex);
    if (part.worst >= 0 && (all.worst < 0 || part.error > all.error))
      smallOfWorst = small;
    all.merge(part);
  });

  Comparison result{all.error, std::nullopt};
  if (all.wrong > 0)
    result.mismatch =
        Mismatch{expected.tensor,
                 tensor.shape(),
                 all.wrong,
                 all.first,
                 all.last,
                 indexOf(all.worst, tensor.shape()),
                 tensor.get(all.worst),
                 expected.values[static_cast<size_t>(smallOfWorst)]};
  return result;
}

static std::string list(const Sizes &index) {
  std::ostringstream os;
  os << '[';
  for (size_t i = 0; i < index.size(); ++i)
    os << (i ? ", " : "") << index[i];
  os << ']';
  return os.str();
}

std::string Mismatch::text() const {
  std::ostringstream os;
  int64_t elements = 1;
  for (int64_t size : shape)
    elements *= size;
  os << "'" << tensor << "' is wrong in " << wrong << " of " << elements
     << " elements, from " << list(first) << " to " << list(last)
     << "; the worst is " << list(worst) << ": " << got << ", expected "
     << expected;
  return os.str();
}

void flm::gpucheck::inParallel(
    int64_t count, const std::function<void(int64_t, int64_t)> &work) {
  int64_t parts = std::min<int64_t>(
      count, std::max(1u, std::thread::hardware_concurrency()));
  std::vector<std::thread> threads;
  for (int64_t i = 1; i < parts; ++i)
    threads.emplace_back(work, count * i / parts, count * (i + 1) / parts);
  if (parts > 0)
    work(0, count / parts);
  for (std::thread &thread : threads)
    thread.join();
}
