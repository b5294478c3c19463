//===----------------------------------------------------------------------===//
// JSON -> descriptions of kernels; sizes from expressions.
//===----------------------------------------------------------------------===//
#include "codegen/gpu/reference/KernelDescription.h"

#include <algorithm>

using namespace flm::gpuref;
using nlohmann::json;

int64_t flm::gpuref::bytesOf(ElementType type) {
  return type == ElementType::BF16 ? 2 : 4;
}

static int64_t evaluateTree(const json &tree, const Sizes &scalars) {
  if (tree.is_number_integer())
    return tree.get<int64_t>();
  if (tree.is_string())
    return scalars.at(std::stoul(tree.get<std::string>().substr(1)));
  const auto &name = tree[0].get_ref<const std::string &>();
  int64_t a = evaluateTree(tree[1], scalars),
          b = evaluateTree(tree[2], scalars);
  if (name == "add")
    return a + b;
  if (name == "mul")
    return a * b;
  if (name == "mod")
    return a % b;
  // Sizes are not negative.
  return name == "floordiv" ? a / b : (a + b - 1) / b;
}

int64_t SizeExpression::evaluate(const Sizes &scalars) const {
  return evaluateTree(tree, scalars);
}

Sizes Argument::shapeFor(const Sizes &scalars) const {
  Sizes result;
  for (const SizeExpression &size : shape)
    result.push_back(size.evaluate(scalars));
  return result;
}

std::string Argument::check(const Sizes &shape) const {
  int64_t row = shape.empty() ? 0 : shape.back() * bytesOf(type);
  if (row % rowBytes == 0)
    return {};
  int64_t padded = (row + rowBytes - 1) / rowBytes * rowBytes;
  return "rows of '" + name + "' have " + std::to_string(shape.back()) +
         " elements, " + std::to_string(row) +
         " bytes; the kernel needs a multiple of " + std::to_string(rowBytes) +
         " bytes: pad the rows to " + std::to_string(padded / bytesOf(type)) +
         " elements";
}

int64_t LaunchShape::blocksFor(const Sizes &scalars,
                               int64_t residentBlocks) const {
  int64_t clusters = 1;
  for (const SizeExpression &size : tiles)
    clusters *= size.evaluate(scalars);
  if (persistent)
    clusters =
        std::min(clusters, std::max<int64_t>(residentBlocks / cluster, 1));
  return clusters * cluster;
}

size_t KernelDescription::scalarCount() const {
  return std::count_if(arguments.begin(), arguments.end(),
                       [](const Argument &argument) {
                         return argument.kind == Argument::Kind::I32;
                       });
}

namespace {

/// Reads one description; remembers the first thing that is wrong.
class Reader {
public:
  explicit Reader(std::string &error) : error(error) {}

  KernelDescription description(const json &tree) {
    KernelDescription result;
    result.name = string(tree, "name");
    if (tree.contains("arch"))
      result.arch = string(tree, "arch");
    if (tree.contains("problem"))
      result.problem = tree["problem"];
    const json &launch = member(tree, "launch");
    result.launch.threads = integer(launch, "threads");
    result.launch.cluster = integer(launch, "cluster");
    result.launch.shared = integer(launch, "shared");
    const json &persistent = member(launch, "persistent");
    result.launch.persistent =
        persistent.is_boolean() && persistent.get<bool>();
    const json &arguments = member(tree, "arguments");
    size_t scalars = 0;
    for (const json &argument : arguments)
      scalars += argument.value("kind", "") == "i32";
    result.launch.tiles = expressions(launch, "tiles", scalars);
    for (const json &argument : arguments)
      result.arguments.push_back(this->argument(argument, scalars));
    return result;
  }

private:
  void fail(const std::string &what) {
    if (error.empty())
      error = what;
  }

  const json &member(const json &tree, const char *key) {
    static const json nothing;
    if (tree.is_object() && tree.contains(key))
      return tree[key];
    fail(std::string("has no '") + key + "'");
    return nothing;
  }

  std::string string(const json &tree, const char *key) {
    const json &value = member(tree, key);
    if (value.is_string())
      return value.get<std::string>();
    fail(std::string("'") + key + "' is not a string");
    return {};
  }

  int64_t integer(const json &tree, const char *key) {
    const json &value = member(tree, key);
    if (value.is_number_integer())
      return value.get<int64_t>();
    fail(std::string("'") + key + "' is not an integer");
    return 0;
  }

  /// The name of one of `names`, as its index.
  size_t choice(const json &tree, const char *key,
                const std::vector<std::string> &names) {
    std::string name = string(tree, key);
    auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end())
      return found - names.begin();
    fail(std::string("'") + key + "' is '" + name + "'");
    return 0;
  }

  bool isExpression(const json &tree, size_t scalars) {
    if (tree.is_number_integer())
      return true;
    if (tree.is_string()) {
      for (size_t i = 0; i < scalars; ++i)
        if (tree == "s" + std::to_string(i))
          return true;
      return false;
    }
    static const std::vector<std::string> operators = {"add", "mul", "mod",
                                                       "floordiv", "ceildiv"};
    return tree.is_array() && tree.size() == 3 &&
           std::count(operators.begin(), operators.end(), tree[0]) &&
           isExpression(tree[1], scalars) && isExpression(tree[2], scalars);
  }

  std::vector<SizeExpression> expressions(const json &tree, const char *key,
                                          size_t scalars) {
    std::vector<SizeExpression> result;
    for (const json &size : member(tree, key)) {
      if (!isExpression(size, scalars))
        fail("'" + size.dump() + "' is not a size");
      result.emplace_back(size);
    }
    return result;
  }

  Argument argument(const json &tree, size_t scalars) {
    Argument result;
    result.kind = static_cast<Argument::Kind>(
        choice(tree, "kind", {"i32", "pointer", "tensor_map"}));
    if (result.kind == Argument::Kind::I32)
      return result;
    result.name = string(tree, "name");
    result.access = static_cast<Access>(
        choice(tree, "access", {"read", "write", "update"}));
    result.type =
        static_cast<ElementType>(choice(tree, "type", {"bf16", "f32", "i32"}));
    result.shape = expressions(tree, "shape", scalars);
    result.rowBytes = integer(tree, "row_bytes");
    if (result.kind == Argument::Kind::TensorMap) {
      for (const json &size : member(tree, "box"))
        result.box.push_back(size.is_number_integer() ? size.get<int64_t>()
                                                      : 0);
      result.swizzle = integer(tree, "swizzle");
    }
    return result;
  }

  std::string &error;
};

} // namespace

std::optional<KernelDescription>
KernelDescription::parse(const std::string &text, std::string &error) {
  json tree = json::parse(text, nullptr, /*allow_exceptions=*/false);
  error.clear();
  if (!tree.is_object()) {
    error = "is not a JSON object";
    return std::nullopt;
  }
  KernelDescription result = Reader(error).description(tree);
  if (!error.empty())
    return std::nullopt;
  return result;
}
