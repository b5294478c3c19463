//===----------------------------------------------------------------------===//
// Writes the body of a model op by op, each drawn at random.
//===----------------------------------------------------------------------===//
#include "test/numerics/random/ModelWriter.h"

#include <algorithm>
#include <cmath>

using namespace flm;
using namespace flm::numerics;

static const std::vector<std::string> kWidths = {"hidden", "ffn",
                                                 "heads * head_dim"};
constexpr const char *kHeads = "heads * head_dim";
/// Above this, a loss is too curved for finite differences.
constexpr double kLargest = 6;

std::string numerics::activationType(const std::string &width) {
  return "[batch, seq, " + width + "]";
}

std::string ModelWriter::fresh(const std::string &stem) {
  return stem + std::to_string(names++);
}

void ModelWriter::line(const std::string &written) {
  text += std::string(2 * (depth + 1), ' ') + written + "\n";
}

Activation &ModelWriter::define(const std::string &name,
                                const std::string &width, double size) {
  scope->values.push_back({name, width, size});
  return scope->values.back();
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// A value of this scope or of those around it, often one that nobody reads.
Activation &ModelWriter::any() {
  std::vector<Activation *> all, unread;
  for (Scope *s = scope; s; s = s->outer)
    for (Activation &value : s->values) {
      all.push_back(&value);
      if (s == scope && !value.read)
        unread.push_back(&value);
    }
  Activation &value =
      *dice.oneOf(!unread.empty() && dice.percent(50) ? unread : all);
  value.read = true;
  return value;
}

Activation &ModelWriter::anyOfWidth(const std::string &width) {
  std::vector<Activation *> fitting;
  for (Scope *s = scope; s; s = s->outer)
    for (Activation &value : s->values)
      if (value.width == width)
        fitting.push_back(&value);
  if (fitting.empty() || dice.percent(10))
    return linear(any(), width);
  Activation &value = *dice.oneOf(fitting);
  value.read = true;
  return value;
}

Activation &ModelWriter::tame(Activation &x, double limit) {
  if (x.size <= limit)
    return x;
  Activation &small = norm(x);
  small.read = true;
  return small;
}

std::vector<Activation *> ModelWriter::unread() {
  std::vector<Activation *> result;
  for (Activation &value : scope->values)
    if (!value.read)
      result.push_back(&value);
  return result;
}

/// A parameter of this type and role: one of those there are, which then is
/// shared or tied, or a new one.
std::string ModelWriter::weight(const std::string &type,
                                const std::string &role) {
  std::vector<std::string> fitting;
  for (Scope *s = scope; s; s = s->outer)
    for (const Weight &weight : s->weights)
      if (weight.type == type && weight.role == role)
        fitting.push_back(weight.name);
  if (!fitting.empty() && dice.percent(30))
    return dice.oneOf(fitting);
  if (!fitting.empty() && dice.percent(10))
    return derivedWeight(type, role);
  std::string name = fresh(role);
  line("%" + name + " = param \"" + name + ".weight\" : " + type);
  scope->weights.push_back({name, type, role});
  return name;
}

/// A weight that is computed from one or two of its type.
std::string ModelWriter::derivedWeight(const std::string &type,
                                       const std::string &role) {
  std::string first = weight(type, role), name = fresh("v");
  line("%" + name + " = " +
       (dice.percent(50)
            ? "scale %" + first + " by 0.75 : "
            : "add %" + first + ", %" + weight(type, role) + " : ") +
       type);
  scope->weights.push_back({name, type, role});
  return name;
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

Activation &ModelWriter::linear(Activation &x, const std::string &width) {
  Activation &input = tame(x, kLargest);
  std::string w = weight("[" + width + ", " + input.width + "]");
  Activation &y = define(fresh("y"), width, 1.3 * input.size);
  line("%" + y.name + " = linear %" + input.name + ", %" + w + " : " +
       activationType(input.width) + " -> " + activationType(width));
  return y;
}

Activation &ModelWriter::add(std::vector<Activation *> values) {
  std::string operands;
  double size = 0;
  for (Activation *value : values) {
    operands += (operands.empty() ? "%" : ", %") + value->name;
    size += value->size;
    value->read = true;
  }
  Activation &sum = define(fresh("sum"), values.front()->width, size);
  line("%" + sum.name + " = add " + operands + " : " +
       activationType(sum.width));
  return sum;
}

Activation &ModelWriter::scale(Activation &x) {
  static const std::vector<std::string> factors = {"0.5", "-0.75", "1.25",
                                                   "1.0", "0.0625"};
  static const std::vector<std::string> divisors = {
      "", "", " per seq", " per hidden", " per seq * layers"};
  std::string factor = dice.oneOf(factors);
  Activation &y =
      define(fresh("scaled"), x.width, x.size * std::fabs(std::stod(factor)));
  line("%" + y.name + " = scale %" + x.name + " by " + factor +
       dice.oneOf(divisors) + " : " + activationType(x.width));
  return y;
}

Activation &ModelWriter::siluMul(Activation &gate, Activation &up) {
  Activation &a = tame(gate, 2), &b = tame(up, 2);
  Activation &y = define(fresh("act"), a.width, a.size * b.size);
  line("%" + y.name + " = silu_mul %" + a.name + ", %" + b.name + " : " +
       activationType(a.width));
  return y;
}

Activation &ModelWriter::norm(Activation &x) {
  static const std::vector<std::string> epsilons = {"0.01", "0.1", "0.5"};
  x.read = true;
  std::string type = "[" + x.width + "]", gain = weight(type, "gain");
  bool layer = dice.percent(40);
  std::string bias = layer ? ", %" + weight(type, "bias") : "";
  Activation &y = define(fresh("n"), x.width, 1);
  line("%" + y.name + " = " + (layer ? "layer_norm" : "rms_norm") + " %" +
       x.name + ", %" + gain + bias + " eps " + dice.oneOf(epsilons) + " : " +
       activationType(x.width));
  return y;
}

Activation &ModelWriter::rope(Activation &x) {
  static const std::vector<std::string> thetas = {"1.0e4", "30.0", "7.0"};
  Activation &y = define(fresh("rotated"), x.width, x.size);
  line("%" + y.name + " = rope %" + x.name + " theta " + dice.oneOf(thetas) +
       (dice.percent(25) ? " inverse" : "") + " : " + activationType(x.width));
  return y;
}

Activation &ModelWriter::attention() {
  Activation &q = tame(anyOfWidth(kHeads), 2);
  Activation &k = dice.percent(20) ? q : tame(anyOfWidth(kHeads), 2);
  Activation &v = dice.percent(20) ? k : anyOfWidth(kHeads);
  Activation &y = define(fresh("attn"), kHeads, v.size);
  // The log-sum-exp, which a spec can ask for and only compare.
  bool lse = dice.percent(20);
  line("%" + y.name + (lse ? ", %" + fresh("lse") : "") + " = attention %" +
       q.name + ", %" + k.name + ", %" + v.name +
       (dice.percent(60) ? " causal" : "") + " : " + activationType(kHeads) +
       (lse ? ", [batch, heads, seq]" : ""));
  return y;
}

Activation &ModelWriter::embedding() {
  const std::string &width = dice.oneOf(kWidths);
  std::string table = "[padded_vocab, " + width + "]";
  std::string w = weight(table);
  Activation &y = define(fresh("embed"), width, 1);
  line("%" + y.name + " = embedding %tokens, %" + w + " : [batch, seq] i32, " +
       table);
  return y;
}

Activation &ModelWriter::cast(Activation &x) {
  Activation &y = define(fresh("same"), x.width, x.size);
  line("%" + y.name + " = cast %" + x.name + " : " + activationType(x.width) +
       " -> " + activationType(x.width));
  return y;
}

Activation &ModelWriter::fill() {
  const std::string &width = dice.oneOf(kWidths);
  Activation &y = define(fresh("constant"), width, 0.5);
  line("%" + y.name + " = fill 0.5 : " + activationType(width));
  y.read = true; // it may stay unread
  return y;
}

/// Something that nobody will read.
void ModelWriter::deadCode() {
  for (Activation &value : scope->values)
    if (value.read) {
      line("%" + fresh("dead") + " = silu_mul %" + value.name + ", %" +
           value.name + " : " + activationType(value.width));
      return;
    }
}

void ModelWriter::anyOp() {
  int64_t roll = dice.below(100);
  if (roll < 16) {
    linear(any(), dice.oneOf(kWidths));
  } else if (roll < 38) {
    std::vector<Activation *> values{&any()};
    for (int64_t more = dice.below(4); more; --more)
      values.push_back(dice.percent(40) ? values.front()
                                        : &anyOfWidth(values.front()->width));
    std::rotate(values.begin(), values.begin() + dice.below(values.size()),
                values.end());
    add(values);
  } else if (roll < 46) {
    scale(any());
  } else if (roll < 56) {
    Activation &gate = any();
    siluMul(gate, dice.percent(25) ? gate : anyOfWidth(gate.width));
  } else if (roll < 64) {
    norm(any());
  } else if (roll < 70 && rotations) {
    rope(anyOfWidth(kHeads));
  } else if (roll < 78) {
    attention();
  } else if (roll < 82) {
    embedding();
  } else if (roll < 83) {
    cast(any());
  } else if (roll < 85) {
    fill();
  } else if (roll < 86) {
    deadCode();
  } else if (depth < 2) {
    loop(/*drain=*/false);
  } else {
    scale(any());
  }
}

void ModelWriter::anyOps(int64_t count) {
  for (; count && budget; --count, --budget)
    anyOp();
}

void ModelWriter::logitsAndLoss() {
  drainStacks();
  std::vector<Activation *> rest;
  for (Activation *value : unread()) {
    value->read = true;
    rest.push_back(value->width == "hidden" ? value
                                            : &linear(*value, "hidden"));
  }
  if (rest.empty())
    rest.push_back(&anyOfWidth("hidden"));
  Activation &y = tame(rest.size() == 1 ? *rest.front() : add(rest), 3);
  std::string table = "[padded_vocab, hidden]", head = weight(table),
              logits = activationType("padded_vocab");
  std::string name = fresh("logits");
  line("%" + name + " = linear %" + y.name + ", %" + head + " : " +
       activationType("hidden") + " -> " + logits);
  if (dice.percent(15)) {
    std::string sum = fresh("logits");
    line("%" + sum + " = add %" + name + ", %" + name + " : " + logits);
    name = sum;
  }
  line("%loss = cross_entropy %" + name + ", %targets" +
       (dice.percent(80) ? " valid vocab" : "") + " : " + logits +
       ", [batch, seq] i32");
  line("return %loss : [] f32");
}

std::string ModelWriter::write() {
  Scope model;
  scope = &model;
  embedding();
  anyOps(dice.between(1, 10));
  logitsAndLoss();
  return text;
}
