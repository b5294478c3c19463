//===----------------------------------------------------------------------===//
// What the tests of row kernels share.
//===----------------------------------------------------------------------===//
#include "test/codegen/cpu/RowsTest.h"

#include "mlir/IR/Builders.h"

#include <cmath>
#include <cstring>
#include <random>

using namespace flm::cpu;
using namespace flm::cpu::test;

double flm::cpu::test::epsilonOf(Kind kind) {
  return kind == Kind::BF16 ? 0x1p-8 : 0x1p-24;
}

//===-- Buffers -----------------------------------------------------------===//

static int64_t bytesOfKind(Kind kind) { return kind == Kind::BF16 ? 2 : 4; }

Buffer::Buffer(int64_t count, Kind kind)
    : count(count), kind(kind),
      bytes(count * bytesOfKind(kind) + 2 * guardBytes, 0xff) {}

Buffer Buffer::normal(int64_t count, int seed, Kind kind, double scale) {
  Buffer buffer(count, kind);
  std::mt19937 engine(seed);
  std::normal_distribution<double> distribution(0, scale);
  for (int64_t i = 0; i < count; ++i)
    buffer.set(i, distribution(engine));
  return buffer;
}

Buffer Buffer::of(std::initializer_list<double> values, Kind kind) {
  Buffer buffer(values.size(), kind);
  int64_t i = 0;
  for (double value : values)
    buffer.set(i++, value);
  return buffer;
}

Buffer Buffer::tokens(int64_t count, int seed, int bound) {
  Buffer buffer(count, Kind::I32);
  std::mt19937 engine(seed);
  for (int64_t i = 0; i < count; ++i)
    buffer.set(i, engine() % bound);
  return buffer;
}

double Buffer::operator[](int64_t i) const {
  const unsigned char *at = bytes.data() + guardBytes + i * bytesOfKind(kind);
  if (kind == Kind::I32) {
    int32_t value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  uint32_t bits = 0;
  if (kind == Kind::BF16) {
    uint16_t upper;
    std::memcpy(&upper, at, sizeof upper);
    bits = uint32_t(upper) << 16;
  } else {
    std::memcpy(&bits, at, sizeof bits);
  }
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

void Buffer::set(int64_t i, double number) {
  unsigned char *at = bytes.data() + guardBytes + i * bytesOfKind(kind);
  if (kind == Kind::I32) {
    int32_t value = static_cast<int32_t>(number);
    std::memcpy(at, &value, sizeof value);
    return;
  }
  float value = static_cast<float>(number);
  if (kind == Kind::F32) {
    std::memcpy(at, &value, sizeof value);
    return;
  }
  // Round to nearest even; the tests put no NaN into bf16.
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  uint16_t upper = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  std::memcpy(at, &upper, sizeof upper);
}

void Buffer::restore(const Buffer &copy) {
  std::memcpy(data(), copy.bytes.data() + guardBytes,
              copy.bytes.size() - 2 * guardBytes);
}

bool Buffer::guardsIntact() const {
  for (int64_t i = 0; i < guardBytes; ++i)
    if (bytes[i] != 0xff || bytes[bytes.size() - 1 - i] != 0xff)
      return false;
  return true;
}

void flm::cpu::test::expectNear(const Buffer &actual,
                                const std::function<double(int64_t)> &expected,
                                const std::function<double(int64_t)> &tolerance,
                                const std::string &what) {
  for (int64_t i = 0; i < actual.size(); ++i) {
    double want = expected(i), allowed = tolerance(i);
    if (std::isnan(want) && std::isnan(actual[i]))
      continue;
    // Written so that an unexpected NaN fails.
    if (want == actual[i] || std::abs(actual[i] - want) <= allowed)
      continue;
    ADD_FAILURE() << what << ": element " << i << " is " << actual[i]
                  << ", expected " << want << " +- " << allowed;
    return;
  }
}

//===-- Kernels -----------------------------------------------------------===//

std::vector<std::string> flm::cpu::test::testTargets() {
  std::vector<std::string> targets = {"native"};
  for (const char *cpu : {"x86-64-v3", "x86-64-v2"}) {
    // Another architecture does not know these names.
    llvm::Expected<CpuTarget> target = namedTarget(cpu);
    if (!target)
      llvm::consumeError(target.takeError());
    else if (hostCanRun(*target))
      targets.push_back(cpu);
  }
  return targets;
}

void RowsTest::SetUp() { cpuTarget = llvm::cantFail(namedTarget(GetParam())); }

mlir::Type RowsTest::typeOf(KernelTest &test, Kind kind) {
  mlir::Builder builder(&test.context());
  switch (kind) {
  case Kind::F32:
    return builder.getF32Type();
  case Kind::BF16:
    return builder.getBF16Type();
  case Kind::I32:
    return builder.getI32Type();
  }
  return {};
}

std::vector<Kind> RowsTest::kinds() const {
  if (llvm::StringRef(cpuTarget.features).contains("+avx512bf16"))
    return {Kind::F32, Kind::BF16};
  return {Kind::F32};
}

bool RowsTest::compile() {
  jit = KernelJit::compile(kernels.module(), cpuTarget);
  return jit != nullptr;
}

void RowsTest::run(const CpuKernel &kernel, std::vector<Buffer *> buffers) {
  ASSERT_NE(jit, nullptr);
  std::vector<void *> addresses;
  std::vector<Buffer> before;
  for (Buffer *buffer : buffers) {
    addresses.push_back(buffer->data());
    before.push_back(*buffer);
  }
  jit->run(kernel, addresses, TaskOrder::Reverse);
  std::vector<Buffer> reversed;
  for (Buffer *buffer : buffers)
    reversed.push_back(*buffer);
  for (auto [buffer, copy] : llvm::zip_equal(buffers, before))
    buffer->restore(copy);
  jit->run(kernel, addresses, TaskOrder::Forward);
  for (size_t i = 0; i < buffers.size(); ++i) {
    EXPECT_TRUE(*buffers[i] == reversed[i])
        << "operand " << i << " depends on the order of the tasks";
    EXPECT_TRUE(buffers[i]->guardsIntact())
        << "operand " << i << " was written beyond its ends";
  }
}
