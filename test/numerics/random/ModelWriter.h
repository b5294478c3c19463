//===----------------------------------------------------------------------===//
// Writes the body of a model op by op, each drawn at random.
//===----------------------------------------------------------------------===//
#ifndef FLM_TEST_NUMERICS_RANDOM_MODELWRITER_H
#define FLM_TEST_NUMERICS_RANDOM_MODELWRITER_H

#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

namespace flm::numerics {

/// Random choices that do not depend on the standard library.
class Dice {
public:
  explicit Dice(uint64_t seed) : bits(seed) {}
  /// One of 0, ..., count - 1.
  int64_t below(int64_t count) {
    return static_cast<int64_t>(bits() % static_cast<uint64_t>(count));
  }
  int64_t between(int64_t low, int64_t high) {
    return low + below(high - low + 1);
  }
  bool percent(int64_t chance) { return below(100) < chance; }
  template <typename T> const T &oneOf(const std::vector<T> &choices) {
    return choices[below(choices.size())];
  }

private:
  std::mt19937_64 bits;
};

/// An activation [batch, seq, width].
struct Activation {
  std::string name;
  std::string width; ///< the text of its last dim
  /// About how large its elements are. What would be too large for finite
  /// differences is normalised.
  double size = 1;
  /// Where nobody reads it, it must still reach the loss.
  bool read = false;
};

/// A parameter, or a value made from some.
struct Weight {
  std::string name, type;
  /// "w", or what a vector is: "gain" or "bias", which begin differently.
  std::string role;
};

/// What a loop stacked: [over, batch, seq, width].
struct Stack {
  std::string name, over, width;
  bool read = false;
};

/// The ops of a model or of a loop's body.
struct Scope {
  Scope *outer = nullptr;
  std::string over;              ///< of the loop; empty for the model
  std::deque<Activation> values; // references stay valid
  std::vector<Weight> weights;
  std::deque<Stack> stacks;
};

class ModelWriter {
public:
  /// With `rotations`, heads are even and there are ropes.
  ModelWriter(Dice &dice, bool rotations) : dice(dice), rotations(rotations) {}

  /// The ops from the arguments %tokens and %targets to the return.
  std::string write();

private:
  // Ops, into the scope that is being written.
  Activation &linear(Activation &x, const std::string &width);
  Activation &add(std::vector<Activation *> values);
  Activation &scale(Activation &x);
  Activation &siluMul(Activation &gate, Activation &up);
  Activation &norm(Activation &x);
  Activation &rope(Activation &x);
  Activation &attention();
  Activation &embedding();
  Activation &cast(Activation &x);
  Activation &fill();
  void deadCode();
  void loop(bool drain);
  void anyOp();
  void anyOps(int64_t count);
  void logitsAndLoss();

  // Loop.cpp
  std::string bindings(const std::vector<Activation *> &inits, Scope &body,
                       const std::vector<Stack *> &sliced);
  void finish(std::vector<Activation> &carries, std::vector<Activation *> &next,
              std::vector<Activation *> &stacked);

  // Operands.
  Activation &any();
  Activation &anyOfWidth(const std::string &width);
  /// `x`, small enough to be a factor.
  Activation &tame(Activation &x, double limit);
  /// What the scope made and nobody read.
  std::vector<Activation *> unread();
  void drainStacks();
  std::string weight(const std::string &type, const std::string &role = "w");
  std::string derivedWeight(const std::string &type, const std::string &role);

  Activation &define(const std::string &name, const std::string &width,
                     double size);
  std::string fresh(const std::string &stem);
  void line(const std::string &text);

  Dice &dice;
  bool rotations;
  Scope *scope = nullptr;
  int64_t depth = 0, names = 0, budget = 30;
  std::string text;
};

/// The type [batch, seq, width].
std::string activationType(const std::string &width);

} // namespace flm::numerics

#endif // FLM_TEST_NUMERICS_RANDOM_MODELWRITER_H
