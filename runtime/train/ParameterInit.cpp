//===----------------------------------------------------------------------===//
// Truncated normals by inversion: one uniform number per element, so that no
// element depends on how many numbers another one needed.
//===----------------------------------------------------------------------===//
#include "runtime/train/ParameterInit.h"

#include "runtime/checkpoint/MappedTensor.h"
#include "runtime/train/Philox.h"

#include <algorithm>
#include <cmath>

using namespace flmrt;

//===-- Random numbers ----------------------------------------------------===//

RandomStream::RandomStream(uint64_t seed, std::string_view text)
    : seed(seed), name(0xCBF29CE484222325) {
  for (unsigned char byte : text) // FNV-1a
    name = (name ^ byte) * 0x100000001B3;
}

/// Coefficients from the lowest power up.
template <size_t n>
static double polynomial(const double (&coefficients)[n], double x) {
  double sum = 0;
  for (size_t i = n; i-- > 0;)
    sum = sum * x + coefficients[i];
  return sum;
}

/// Wichura's algorithm AS 241 (PPND16), Applied Statistics 37 (1988).
double flmrt::inverseNormal(double p) {
  double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    static const double a[] = {
        3.3871328727963666080e0, 1.3314166789178437745e2,
        1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4,
        3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[] = {1.0,
                               4.2313330701600911252e1,
                               6.8718700749205790830e2,
                               5.3941960214247511077e3,
                               2.1213794301586595867e4,
                               3.9307895800092710610e4,
                               2.8729085735721942674e4,
                               5.2264952788528545610e3};
    double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
  double value;
  if (r <= 5) {
    static const double c[] = {
        1.42343711074968357734e0,  4.63033784615654529590e0,
        5.76949722146069140550e0,  3.64784832476320460504e0,
        1.27045825245236838258e0,  2.41780725177450611770e-1,
        2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[] = {1.0,
                               2.05319162663775882187e0,
                               1.67638483018380384940e0,
                               6.89767334985100004550e-1,
                               1.48103976427480074590e-1,
                               1.51986665636164571966e-2,
                               5.47593808499534494600e-4,
                               1.05075007164441684324e-9};
    value = polynomial(c, r - 1.6) / polynomial(d, r - 1.6);
  } else {
    static const double e[] = {
        6.65790464350110377720e0,  5.46378491116411436990e0,
        1.78482653991729133580e0,  2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3,
        2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[] = {1.0,
                               5.99832206555887937690e-1,
                               1.36929880922735805310e-1,
                               1.48753612908506148525e-2,
                               7.86869131145613259100e-4,
                               1.84631831751005468180e-5,
                               1.42151175831644588870e-7,
                               2.04426310338993978564e-15};
    value = polynomial(e, r - 5) / polynomial(f, r - 5);
  }
  return q < 0 ? -value : value;
}

//===-- Parameters --------------------------------------------------------===//

/// Where the normal is cut, in its own standard deviations.
static constexpr double cut = 3.0;

void flmrt::fillTruncatedNormal(float *out, int64_t begin, int64_t count,
                                uint64_t seed, const std::string &name,
                                double std) {
  constexpr double pi = 3.14159265358979323846;
  const double below = 0.5 * std::erfc(cut / std::sqrt(2.0));
  const double inside = 1.0 - 2.0 * below;
  const double density = std::exp(-0.5 * cut * cut) / std::sqrt(2.0 * pi);
  // The variance that is left after the cut.
  const double variance = 1.0 - 2.0 * cut * density / inside;
  const double scale = std / std::sqrt(variance);

  RandomStream random(seed, name);
  const int64_t end = begin + count;
  for (int64_t block = begin / 2; block * 2 < end; ++block) {
    std::array<uint64_t, 2> bits = random.pair(static_cast<uint64_t>(block));
    for (int64_t i = std::max(begin, block * 2);
         i < std::min(end, block * 2 + 2); ++i) {
      double p = below + inside * RandomStream::toUniform(bits[size_t(i % 2)]);
      out[i - begin] = static_cast<float>(inverseNormal(p) * scale);
    }
  }
}

void flmrt::initialize(ProgramDevice &device, const Tensor &tensor,
                       const InitRule &rule, uint64_t seed, ThreadPool &pool) {
  struct Run {
    int64_t element;
    float *out;
    int64_t count;
  };
  // Long runs in pieces and short ones together: about as much for each task.
  constexpr int64_t chunk = 1 << 16;
  std::vector<Run> runs;
  std::vector<size_t> firstOfTask = {0};
  int64_t filled = 0;
  MappedTensor here(device, tensor, MapAccess::Write);
  here.forEachRun([&](int64_t element, float *out, int64_t count) {
    for (int64_t done = 0; done < count; done += chunk) {
      int64_t length = std::min(chunk, count - done);
      if (filled + length > chunk) {
        firstOfTask.push_back(runs.size());
        filled = 0;
      }
      runs.push_back({element + done, out + done, length});
      filled += length;
    }
  });
  firstOfTask.push_back(runs.size());
  pool.forEach(static_cast<int64_t>(firstOfTask.size()) - 1, [&](int64_t task) {
    for (size_t i = firstOfTask[static_cast<size_t>(task)];
         i < firstOfTask[static_cast<size_t>(task) + 1]; ++i) {
      auto [element, out, count] = runs[i];
      if (rule.kind == InitRule::Constant)
        std::fill_n(out, count, static_cast<float>(rule.value));
      else
        fillTruncatedNormal(out, element, count, seed, tensor.name, rule.std);
    }
  });
}

//===-- Tables ------------------------------------------------------------===//

void flmrt::fillRopeTable(const RopeTable &table, int64_t begin, float *out) {
  const int64_t half = table.headDim / 2;
  for (int64_t row = 0; row < table.seq; ++row)
    for (int64_t i = 0; i < half; ++i) {
      double frequency =
          std::pow(table.theta, -2.0 * double(i) / double(table.headDim));
      double angle = double(begin + row) * frequency;
      float *values = out + row * table.headDim;
      values[i] = static_cast<float>(std::cos(angle));
      values[half + i] = static_cast<float>(std::sin(angle));
    }
}
