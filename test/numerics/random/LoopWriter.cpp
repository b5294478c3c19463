//===----------------------------------------------------------------------===//
// Loops of a random model: carries, slices, stacks, and that all that they make
// is read.
//===----------------------------------------------------------------------===//
#include "test/numerics/random/ModelWriter.h"

using namespace flm;
using namespace flm::numerics;

/// The text of carries and slices; their arguments are values of `body`.
std::string ModelWriter::bindings(const std::vector<Activation *> &inits,
                                  Scope &body,
                                  const std::vector<Stack *> &sliced) {
  std::string carries, slices;
  auto bind = [&](std::string &list, const std::string &stem,
                  const std::string &operand, const std::string &width) {
    body.values.push_back({fresh(stem), width});
    list += (list.empty() ? "%" : ", %") + body.values.back().name + " = %" +
            operand + " : " + activationType(width);
  };
  for (Activation *init : inits)
    bind(carries, "h", init->name, init->width);
  for (Stack *stack : sliced) {
    stack->read = true;
    bind(slices, "part", stack->name, stack->width);
  }
  return " (" + carries + ")" +
         (slices.empty() ? "" : " slices (" + slices + ")");
}

/// Ends a body: what nobody read goes into the next value of a carry, or is
/// stacked.
void ModelWriter::finish(std::vector<Activation> &carries,
                         std::vector<Activation *> &next,
                         std::vector<Activation *> &stacked) {
  std::vector<std::vector<Activation *>> terms(carries.size());
  for (Activation *value : unread()) {
    value->read = true;
    if (carries.empty() || dice.percent(15)) {
      stacked.push_back(value);
      continue;
    }
    size_t index = dice.below(carries.size());
    const std::string &width = carries[index].width;
    terms[index].push_back(value->width == width ? value
                                                 : &linear(*value, width));
  }
  for (size_t index = 0; index < carries.size(); ++index) {
    if (terms[index].empty())
      terms[index].push_back(&anyOfWidth(carries[index].width));
    Activation &sum =
        terms[index].size() == 1 ? *terms[index].front() : add(terms[index]);
    next.push_back(&tame(sum, 3));
    next.back()->read = true;
  }
  if (carries.empty() && stacked.empty())
    stacked.push_back(&any());
  else if (dice.percent(15))
    stacked.push_back(&any());
}

static std::string listOf(const std::vector<Activation *> &values) {
  std::string names, types;
  for (Activation *value : values) {
    names += (names.empty() ? "%" : ", %") + value->name;
    types += (types.empty() ? "" : ", ") + activationType(value->width);
  }
  return names + " : " + types;
}

/// With `drain`, a loop that reads all stacks of one dim that nobody read.
void ModelWriter::loop(bool drain) {
  std::string over;
  std::vector<Stack *> sliced;
  for (Stack &stack : scope->stacks)
    if (drain && !stack.read && (over.empty() || over == stack.over)) {
      over = stack.over;
      sliced.push_back(&stack);
    }
  if (over.empty())
    over = scope->over == "layers"                      ? "inner"
           : scope->over == "inner" || dice.percent(60) ? "layers"
                                                        : "inner";
  if (!drain)
    for (Stack &stack : scope->stacks)
      if (stack.over == over && dice.percent(50))
        sliced.push_back(&stack);

  std::vector<Activation *> inits;
  for (int64_t count = drain              ? 1
                       : dice.percent(10) ? 0
                                          : dice.between(1, 2);
       count; --count)
    inits.push_back(&tame(any(), 2));
  Scope body;
  body.outer = scope;
  body.over = over;
  std::string header =
      "loop over " + over + (dice.percent(15) ? " reverse" : "");
  std::string bound = bindings(inits, body, sliced);
  std::vector<Activation> carries(body.values.begin(),
                                  body.values.begin() + inits.size());

  // The results have names when the body is written.
  std::string outside;
  std::swap(outside, text);
  scope = &body;
  ++depth;
  anyOps(drain ? dice.below(3) : dice.between(1, 6));
  drainStacks();
  std::vector<Activation *> next, stacked;
  finish(carries, next, stacked);
  line("yield" + (next.empty() ? "" : " " + listOf(next)) +
       (stacked.empty() ? "" : " stack " + listOf(stacked)));
  --depth;
  scope = body.outer;
  std::swap(outside, text);

  std::string results;
  auto result = [&](const std::string &stem) {
    std::string name = fresh(stem);
    results += (results.empty() ? "%" : ", %") + name;
    return name;
  };
  for (Activation *value : next)
    define(result("x"), value->width, value->size);
  for (Activation *value : stacked)
    scope->stacks.push_back({result("all"), over, value->width});
  line(results + " = " + header + bound + " {");
  text += outside;
  line("}");
}

void ModelWriter::drainStacks() {
  auto unreadStack = [&] {
    for (Stack &stack : scope->stacks)
      if (!stack.read)
        return true;
    return false;
  };
  while (unreadStack())
    loop(/*drain=*/true);
}
