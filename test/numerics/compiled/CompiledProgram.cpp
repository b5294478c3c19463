//===----------------------------------------------------------------------===//
// A spec compiled to machine code, beside the reference interpreter.
//===----------------------------------------------------------------------===//
#include "test/numerics/compiled/CompiledProgram.h"

#include "codegen/binary/ObjectEmitter.h"
#include "codegen/buffers/Passes.h"
#include "codegen/cpu/LowerToLLVM.h"
#include "codegen/host/Manifest.h"
#include "codegen/host/Passes.h"
#include "dialects/flm/Flm.h"
#include "passes/autodiff/Passes.h"
#include "passes/fusion/Passes.h"
#include "passes/graph/Passes.h"
#include "passes/mup/Passes.h"
#include "runtime/abi/Program.h"
#include "test/numerics/Program.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir;
using namespace flm;
using namespace flm::numerics;

namespace {

/// Bytes of workspace that the tasks below have, set by the last compilation.
int64_t workspaceBytes = 0;

/// The runtime's parallel loop, last task first: an order that the thread pool
/// of the product may take too.
void parallelFor(FlmTask task, void *const *arguments, int64_t tasks) {
  std::vector<float> workspace(workspaceBytes / sizeof(float) + 32);
  for (int64_t i = tasks - 1; i >= 0; --i) {
    std::fill(workspace.begin(), workspace.end(),
              std::numeric_limits<float>::quiet_NaN());
    auto address = reinterpret_cast<uintptr_t>(workspace.data());
    task(arguments, i, reinterpret_cast<void *>((address + 63) / 64 * 64));
  }
}

[[noreturn]] void fatal(const llvm::Twine &message) {
  llvm::report_fatal_error(message, /*gen_crash_diag=*/false);
}

template <typename T> T orDie(llvm::Expected<T> value) {
  if (!value)
    fatal(llvm::toString(value.takeError()));
  return std::move(*value);
}

int64_t integer(const llvm::json::Value &value) {
  return value.getAsInteger().value_or(0);
}

} // namespace

CompiledProgram::CompiledProgram(StringRef spec, StringRef config,
                                 StringRef recipe,
                                 const std::vector<std::string> &overrides,
                                 StringRef cpu) {
  DialectRegistry registry;
  registry.insert<FlmDialect>();
  registerGradientRules(registry);
  cpu::registerKernelDialects(registry);
  binary::registerTranslations(registry);
  context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  buffered = parseSourceString<ModuleOp>(spec, context.get());
  if (!buffered)
    fatal("the spec of a test does not parse");

  InstantiateModelOptions graph;
  graph.config = config.str();
  graph.recipe = recipe.str();
  graph.plan = "single";
  graph.overrides.assign(overrides.begin(), overrides.end());
  PassManager pm(context.get());
  buildGraphStage(pm, graph);
  buildMupStage(pm);
  buildTrainStage(pm);
  buildFuseStage(pm);
  buildBuffersStage(pm);
  if (failed(pm.run(*buffered)))
    fatal("the spec of a test does not compile");

  // The machine code, from a copy.
  OwningOpRef<ModuleOp> lowered = buffered->clone();
  LowerProgramsOptions kernels;
  kernels.cpu = cpu.str();
  cpu::CpuTarget target = orDie(cpu::namedTarget(cpu));
  PassManager lower(context.get());
  buildKernelsStage(lower, kernels);
  if (failed(lower.run(*lowered)))
    fatal("the programs of a test do not lower");
  std::string manifest;
  lowered->walk([&](LLVM::GlobalOp global) {
    if (global.getSymName() == "flm_manifest")
      manifest = cast<StringAttr>(global.getValueAttr()).getValue().str();
  });
  PassManager toLLVM(context.get());
  buildLLVMStage(toLLVM, target);
  if (failed(toLLVM.run(*lowered)))
    fatal("the kernels of a test do not lower");
  SmallVector<char, 0> object =
      orDie(binary::emit(*lowered, target, binary::EmitKind::Object));
  jit = orDie(llvm::orc::LLJITBuilder().create());
  auto &library = jit->getMainJITDylib();
  library.addGenerator(
      orDie(llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
          jit->getDataLayout().getGlobalPrefix())));
  llvm::orc::SymbolMap symbols;
  symbols[jit->mangleAndIntern("flm_parallel_for")] = {
      llvm::orc::ExecutorAddr::fromPtr(&parallelFor),
      llvm::JITSymbolFlags::Exported};
  if (llvm::Error error =
          library.define(llvm::orc::absoluteSymbols(std::move(symbols))))
    fatal(llvm::toString(std::move(error)));
  if (llvm::Error error =
          jit->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(
              StringRef(object.data(), object.size()))))
    fatal(llvm::toString(std::move(error)));

  // Where everything lies, as the runtime learns it.
  llvm::json::Value parsed =
      orDie(llvm::json::parse(StringRef(manifest.c_str())));
  llvm::json::Object &root = *parsed.getAsObject();
  for (const llvm::json::Value &entry : *root.getArray("parameters")) {
    const llvm::json::Object &parameter = *entry.getAsObject();
    std::string name = parameter.getString("name")->str();
    Piece piece;
    for (const llvm::json::Value &size : *parameter.getArray("shape"))
      piece.shape.push_back(integer(size));
    for (auto [key, prefix] :
         {std::pair("offset", ""), std::pair("m", "exp_avg."),
          std::pair("v", "exp_avg_sq.")}) {
      piece.offset = *parameter.getInteger(key);
      pieces[prefix + name] = piece;
    }
  }
  for (const llvm::json::Value &entry : *root.getArray("tables")) {
    const llvm::json::Object &table = *entry.getAsObject();
    tables.push_back({*table.getNumber("theta"), *table.getInteger("seq"),
                      *table.getInteger("head_dim"),
                      *table.getInteger("offset")});
  }
  for (auto &[name, size] : *root.getObject("dims"))
    dims[StringRef(name)] = integer(size);
  micro = *root.getInteger("micro_batches");
  workspaceBytes = *root.getInteger("workspace_bytes");
  stateArena.resize(*root.getInteger("state_bytes") + 64);
  scratchArena.resize(*root.getInteger("scratch_bytes") + 64);
}

CompiledProgram::~CompiledProgram() = default;

static char *aligned(std::vector<char> &arena) {
  auto address = reinterpret_cast<uintptr_t>(arena.data());
  return reinterpret_cast<char *>((address + 63) / 64 * 64);
}

void CompiledProgram::poisonScratch() {
  std::memset(scratchArena.data(), 0xff, scratchArena.size()); // all NaN
}

int64_t CompiledProgram::dim(StringRef name) const { return dims.lookup(name); }

std::vector<std::string> CompiledProgram::stateNames() const {
  std::vector<std::string> names;
  for (auto &entry : pieces)
    names.push_back(entry.getKey().str());
  llvm::sort(names);
  return names;
}

void CompiledProgram::randomize(unsigned seed) {
  std::memset(stateArena.data(), 0xff, stateArena.size());
  state.clear();
  for (const std::string &name : stateNames()) {
    const Piece &piece = pieces[name];
    bool moment = StringRef(name).starts_with("exp_avg");
    bool gain = StringRef(name).contains("norm");
    reference::Tensor tensor = randomNormal(piece.shape, seed++);
    auto *bytes = reinterpret_cast<float *>(aligned(stateArena) + piece.offset);
    for (int64_t i = 0; i < tensor.size(); ++i) {
      double value = moment ? 0.0 : 0.1 * tensor.data[i] + (gain ? 1.0 : 0.0);
      bytes[i] = static_cast<float>(value);
      tensor.data[i] = bytes[i];
    }
    state[name] = std::move(tensor);
  }
  rounded = state;
  for (const Table &table : tables) {
    auto *row = reinterpret_cast<float *>(aligned(stateArena) + table.offset);
    int64_t half = table.headDim / 2;
    for (int64_t position = 0; position < table.seq; ++position)
      for (int64_t i = 0; i < half; ++i) {
        double angle =
            static_cast<double>(position) *
            std::pow(table.theta, -2.0 * static_cast<double>(i) /
                                      static_cast<double>(table.headDim));
        row[position * table.headDim + i] = static_cast<float>(std::cos(angle));
        row[position * table.headDim + half + i] =
            static_cast<float>(std::sin(angle));
      }
  }
}

reference::Tensor CompiledProgram::randomTokens(unsigned seed) {
  SmallVector<int64_t> shape =
      typeOf(program("train_step")->getRegion(0).getArgument(0)).shape();
  return randomIndices(shape, dim("vocab"), seed);
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

static std::vector<int32_t> integers(const reference::Tensor &tensor) {
  return std::vector<int32_t>(tensor.data.begin(), tensor.data.end());
}

template <typename... Args>
void CompiledProgram::call(const char *symbol, Args... args) {
  poisonScratch();
  auto *function =
      orDie(jit->lookup(symbol)).toPtr<void (*)(void *, void *, Args...)>();
  function(aligned(stateArena), aligned(scratchArena), args...);
}

StepResult CompiledProgram::stepCompiled(const reference::Tensor &tokens,
                                         const reference::Tensor &targets,
                                         ArrayRef<float> hyper) {
  std::vector<int32_t> in = integers(tokens), out = integers(targets);
  float metrics[2];
  call("flm_train_step", static_cast<const int32_t *>(in.data()),
       static_cast<const int32_t *>(out.data()), hyper.data(),
       static_cast<float *>(metrics));
  return {metrics[0], metrics[1]};
}

double CompiledProgram::evalCompiled(const reference::Tensor &tokens,
                                     const reference::Tensor &targets) {
  std::vector<int32_t> in = integers(tokens), out = integers(targets);
  float metrics[1];
  call("flm_eval_step", static_cast<const int32_t *>(in.data()),
       static_cast<const int32_t *>(out.data()), static_cast<float *>(metrics));
  return metrics[0];
}

std::vector<float>
CompiledProgram::predictCompiled(const reference::Tensor &tokens) {
  std::vector<int32_t> in = integers(tokens);
  std::vector<float> logits(dim("seq") * dim("padded_vocab"));
  call("flm_predict", static_cast<const int32_t *>(in.data()), logits.data());
  return logits;
}

Operation *CompiledProgram::program(StringRef name) {
  return buffered->lookupSymbol(name);
}

static SmallVector<reference::Tensor>
interpret(Operation *program, ArrayRef<reference::Tensor> arguments,
          reference::State &state, const reference::Options &options = {}) {
  FailureOr<SmallVector<reference::Tensor>> results =
      reference::run(program, arguments, state, options);
  if (failed(results))
    fatal("the reference interpreter reports an error");
  return std::move(*results);
}

/// A step of @train_step on the interpreter.
static StepResult interpretStep(Operation *program,
                                const reference::Tensor &tokens,
                                const reference::Tensor &targets,
                                ArrayRef<float> hyper, reference::State &state,
                                const reference::Options &options) {
  reference::Tensor scalars({static_cast<int64_t>(hyper.size())},
                            std::vector<double>(hyper.begin(), hyper.end()));
  auto results = interpret(program, {tokens, targets, scalars}, state, options);
  return {results[0].data[0], results[1].data[0]};
}

StepResult CompiledProgram::stepReference(const reference::Tensor &tokens,
                                          const reference::Tensor &targets,
                                          ArrayRef<float> hyper) {
  return interpretStep(program("train_step"), tokens, targets, hyper, state,
                       {});
}

StepResult CompiledProgram::stepRounded(const reference::Tensor &tokens,
                                        const reference::Tensor &targets,
                                        ArrayRef<float> hyper) {
  reference::Options options;
  options.roundResults = true;
  return interpretStep(program("train_step"), tokens, targets, hyper, rounded,
                       options);
}

double CompiledProgram::evalReference(const reference::Tensor &tokens,
                                      const reference::Tensor &targets) {
  return interpret(program("eval_step"), {tokens, targets}, state)[0].data[0];
}

std::vector<double>
CompiledProgram::predictReference(const reference::Tensor &tokens) {
  return interpret(program("predict"), {tokens}, state)[0].data;
}

reference::Tensor CompiledProgram::compiledState(StringRef name) const {
  const Piece &piece = pieces.find(name)->second;
  auto &arena = const_cast<std::vector<char> &>(stateArena);
  auto *bytes = reinterpret_cast<float *>(aligned(arena) + piece.offset);
  reference::Tensor tensor(piece.shape);
  std::copy_n(bytes, tensor.size(), tensor.data.begin());
  return tensor;
}

const reference::Tensor &CompiledProgram::referenceState(StringRef name) const {
  return state.find(name)->second;
}

const reference::Tensor &CompiledProgram::roundedState(StringRef name) const {
  return rounded.find(name)->second;
}

double CompiledProgram::stateError(StringRef name) const {
  const reference::Tensor &expected = referenceState(name);
  reference::Tensor actual = compiledState(name);
  double largest = 0, error = 0;
  for (int64_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(expected.data[i]));
    double difference = std::abs(actual.data[i] - expected.data[i]);
    if (!(difference <= error)) // NaN too
      error = std::isnan(difference) ? std::numeric_limits<double>::infinity()
                                     : difference;
  }
  return largest > 0 ? error / largest : error;
}
