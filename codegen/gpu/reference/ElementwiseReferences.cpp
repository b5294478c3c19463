//===----------------------------------------------------------------------===//
// Kernels that compute each element from the elements at its place, or move it.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/References.h"

#include <cmath>

using namespace flm::gpuref;

/// The unit roundoff of f32, in which all is computed.
static constexpr double unit = 0x1p-24;
/// Half of the smallest bf16: below, rounding errors are no longer relative.
static constexpr double smallestRounding = 0x1p-134;

/// An output under construction, with the rounding of its type.
class Output {
public:
  Output(KernelTensors &tensors, const std::string &name)
      : expected{name, {}, {}},
        rounding(roundingOf(tensors.tensor(name).description().type)) {}

  /// `error` is that of the f32 number that is rounded.
  void add(double value, double error) {
    // 1.01: products of errors.
    error *= 1.01;
    expected.add(value, error + rounding * (std::abs(value) + error) +
                            smallestRounding);
  }

  Expected expected;

private:
  double rounding;
};

static std::vector<Expected> computeCast(KernelTensors &tensors) {
  Tensor &x = tensors.tensor("x");
  Output y(tensors, "y");
  bool narrows = roundingOf(tensors.tensor("y").description().type) >
                 roundingOf(x.description().type);
  for (double value : x.values())
    if (narrows)
      y.add(value, 0);
    else
      y.expected.add(value, 0);
  return {y.expected};
}

static std::vector<Expected> computeAdd(KernelTensors &tensors) {
  Tensor &x = tensors.tensor("x"), &other = tensors.tensor("other");
  Output y(tensors, "y");
  for (int64_t i = 0; i < x.size(); ++i) {
    double sum = x.get(i) + other.get(i);
    y.add(sum, unit * std::abs(sum));
  }
  return {y.expected};
}

static std::vector<Expected> computeScale(KernelTensors &tensors) {
  const nlohmann::json &problem = tensors.kernel().problem;
  double factor = problem.contains("factor") ? problem["factor"].get<double>()
                                             : tensors.tensor("factor").get(0);
  Output y(tensors, "y");
  for (double x : tensors.tensor("x").values())
    y.add(factor * x, unit * std::abs(factor * x));
  return {y.expected};
}

static std::vector<Expected> computeNormalize(KernelTensors &tensors) {
  Tensor &x = tensors.tensor("x"), &gain = tensors.tensor("gain"),
         &inverse = tensors.tensor("inverse_rms");
  Output y(tensors, "y");
  for (int64_t i = 0; i < x.size(); ++i) {
    double value =
        x.get(i) * inverse.get(i / gain.size()) * gain.get(i % gain.size());
    y.add(value, 2 * unit * std::abs(value));
  }
  return {y.expected};
}

//===----------------------------------------------------------------------===//
// SwiGLU
//===----------------------------------------------------------------------===//

/// 1 / (1 + e^-x) and the relative error of its computation as
/// reciprocal(1 + exp2(-log2(e) x)): the argument is rounded twice (the
/// constant, the product), which the exponential makes 2 |x| units; exp2.approx
/// is within 4 units, of which s keeps the part 1 - s; the sum has 1 unit,
/// rcp.approx 2 (PTX ISA).
struct Sigmoid {
  explicit Sigmoid(double x)
      : s(1 / (1 + std::exp(-x))),
        error(((1 - s) * (2 * std::abs(x) + 4) + 3) * unit) {}
  double s, error;
};

/// Element `i` of gate (0) or up (1).
static double gateOrUp(KernelTensors &tensors, int64_t i, int which) {
  if (tensors.has("gate_up"))
    return tensors.tensor("gate_up").get(2 * i + which);
  return tensors.tensor(which ? "up" : "gate").get(i);
}

static std::vector<Expected> computeSiluMul(KernelTensors &tensors) {
  Output y(tensors, "y");
  for (int64_t i = 0; i < tensors.tensor("y").size(); ++i) {
    double gate = gateOrUp(tensors, i, 0), up = gateOrUp(tensors, i, 1);
    Sigmoid sigmoid(gate);
    double value = gate * sigmoid.s * up;
    // s is zero where e^-gate overflows.
    y.add(value, (sigmoid.error + 2 * unit) * std::abs(value) +
                     flushed * (1 + std::abs(gate * up)));
  }
  return {y.expected};
}

static std::vector<Expected> computeSiluMulGrad(KernelTensors &tensors) {
  bool interleaved = tensors.has("dgate_up");
  Output dgate(tensors, interleaved ? "dgate_up" : "dgate"),
      dup(tensors, interleaved ? "dgate_up" : "dup");
  for (int64_t i = 0; i < tensors.tensor("dy").size(); ++i) {
    double dy = tensors.tensor("dy").get(i), gate = gateOrUp(tensors, i, 0),
           up = gateOrUp(tensors, i, 1);
    Sigmoid sigmoid(gate);
    double s = sigmoid.s, tiny = flushed * (1 + std::abs(gate * up * dy));
    // slope = s * (1 + gate * (1 - s)), whose factor may cancel.
    double factor = 1 + gate * (1 - s), slope = s * factor;
    double factorError = std::abs(gate) * (s * sigmoid.error + (1 - s) * unit) +
                         unit * std::abs(factor);
    double slopeError =
        s * factorError + (sigmoid.error + unit) * std::abs(slope);
    dgate.add(dy * up * slope,
              std::abs(dy * up) * (slopeError + 2 * unit * std::abs(slope)) +
                  tiny);
    Output &second = interleaved ? dgate : dup;
    second.add(dy * gate * s,
               (sigmoid.error + 2 * unit) * std::abs(dy * gate * s) + tiny);
  }
  if (interleaved)
    return {dgate.expected};
  return {dgate.expected, dup.expected};
}

/// Gates up to 10, where the sigmoid is flat, so that a wrong one shows.
static void prepareGates(KernelTensors &tensors, Random &) {
  int step = tensors.has("gate_up") ? 2 : 1;
  Tensor &gate = tensors.tensor(step == 2 ? "gate_up" : "gate");
  for (int64_t i = 0; i < gate.size(); i += step)
    gate.set(i, 10 * gate.get(i));
}

//===----------------------------------------------------------------------===//
// Rotation and transposition
//===----------------------------------------------------------------------===//

static std::vector<Expected> computeRope(KernelTensors &tensors) {
  const nlohmann::json &problem = tensors.kernel().problem;
  auto headDim = problem["head_dim"].get<int64_t>();
  double direction = problem["inverse"] ? -1 : 1;
  Tensor &x = tensors.tensor("x"), &table = tensors.tensor("table");
  int64_t width = x.shape()[1], seq = table.shape()[0], half = headDim / 2;
  Output y(tensors, "y");
  for (int64_t i = 0; i < x.size(); ++i) {
    int64_t inHead = i % width % headDim;
    bool first = inHead < half;
    const int64_t angle = i / width % seq * headDim + inHead % half;
    double cosine = table.get(angle),
           sine = direction * table.get(angle + half);
    double other = x.get(first ? i + half : i - half);
    double turned = (first ? -other : other) * sine;
    double value = x.get(i) * cosine + turned;
    y.add(value, unit * (std::abs(turned) + std::abs(value)));
  }
  return {y.expected};
}

static std::vector<Expected> computeTranspose(KernelTensors &tensors) {
  Tensor &x = tensors.tensor("x");
  int64_t rows = x.shape()[0], columns = x.shape()[1];
  Expected y{"y", {}, {}};
  for (int64_t column = 0; column < columns; ++column)
    for (int64_t row = 0; row < rows; ++row)
      y.add(x.get(row * columns + column), 0);
  return {y};
}

std::vector<KernelReference> flm::gpuref::elementwiseReferences() {
  return {{"cast", computeCast},
          {"add", computeAdd},
          {"scale", computeScale},
          {"silu_mul", computeSiluMul, prepareGates},
          {"silu_mul_grad", computeSiluMulGrad, prepareGates},
          {"normalize", computeNormalize},
          {"rope", computeRope},
          {"transpose", computeTranspose}};
}
