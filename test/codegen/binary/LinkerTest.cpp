//===----------------------------------------------------------------------===//
// Objects from the emitter become an executable that runs.
//===----------------------------------------------------------------------===//
#include "codegen/binary/Linker.h"
#include "codegen/binary/ObjectEmitter.h"
#include "codegen/cpu/LowerToLLVM.h"
#include "test/codegen/cpu/KernelJit.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

#include "gtest/gtest.h"

using namespace flm;

static llvm::SmallVector<char, 0> object(const char *text) {
  cpu::test::KernelTest test;
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &test.context());
  cpu::CpuTarget target = cpu::hostTarget();
  mlir::PassManager passes(&test.context());
  cpu::addLowerToLLVM(passes, target);
  EXPECT_TRUE(mlir::succeeded(passes.run(*module)));
  return llvm::cantFail(
      binary::emit(*module, target, binary::EmitKind::Object));
}

namespace {

/// A folder that vanishes at the end, with an archive `rt.a` in it whose main
/// returns what `@answer` returns.
class LinkerTest : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("flm-linker", folder));
    auto main = object(R"mlir(
      func.func private @answer() -> i32
      func.func @main() -> i32 {
        %a = func.call @answer() : () -> i32
        return %a : i32
      })mlir");
    llvm::NewArchiveMember member(llvm::MemoryBufferRef(
        llvm::StringRef(main.data(), main.size()), "main.o"));
    std::vector<llvm::NewArchiveMember> members;
    members.push_back(std::move(member));
    ASSERT_FALSE(bool(llvm::writeArchive(
        path("rt.a"), members, llvm::SymtabWritingMode::NormalSymtab,
        llvm::object::Archive::K_GNU, /*Deterministic=*/true, /*Thin=*/false)));
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  std::string path(const char *name) { return (folder + "/" + name).str(); }

  llvm::SmallString<128> folder;
};

} // namespace

static const char *answer = R"mlir(
  func.func @answer() -> i32 {
    %a = arith.constant 42 : i32
    return %a : i32
  })mlir";

TEST_F(LinkerTest, LinksARunningExecutable) {
  auto program = object(answer);
  llvm::Error error = binary::linkExecutable({llvm::ArrayRef<char>(program)},
                                             path("rt.a"), path("exe"));
  ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
  EXPECT_EQ(llvm::sys::ExecuteAndWait(path("exe"), {path("exe")}), 42);

  // Nothing else is left behind, and linking twice in a process works.
  error = binary::linkExecutable({llvm::ArrayRef<char>(program)}, path("rt.a"),
                                 path("exe"));
  ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
  std::error_code code;
  int files = 0;
  for (llvm::sys::fs::directory_iterator it(folder, code), end;
       it != end && !code; it.increment(code))
    ++files;
  EXPECT_EQ(files, 2);
}

TEST_F(LinkerTest, SaysWhatIsUndefined) {
  auto program = object("func.func @other() { return }");
  std::string message = llvm::toString(binary::linkExecutable(
      {llvm::ArrayRef<char>(program)}, path("rt.a"), path("exe")));
  EXPECT_NE(message.find("undefined symbol: answer"), std::string::npos)
      << message;
  EXPECT_FALSE(llvm::sys::fs::exists(path("exe")));
}

TEST_F(LinkerTest, SaysThatTheRuntimeIsMissing) {
  auto program = object(answer);
  std::string message = llvm::toString(binary::linkExecutable(
      {llvm::ArrayRef<char>(program)}, path("none.a"), path("exe")));
  EXPECT_NE(message.find("none.a' does not exist"), std::string::npos);
}

TEST_F(LinkerTest, SaysThatTheOutputCannotBeWritten) {
  auto program = object(answer);
  std::string message = llvm::toString(
      binary::linkExecutable({llvm::ArrayRef<char>(program)}, path("rt.a"),
                             path("no/such/folder/exe")));
  EXPECT_NE(message.find("cannot write"), std::string::npos);
}

TEST_F(LinkerTest, SaysWhatAProgramOfSeveralRanksLacks) {
  // The archive of this test has no counterpart for several ranks.
  auto program = object(answer);
  std::string message = llvm::toString(
      binary::linkExecutable({llvm::ArrayRef<char>(program)}, path("rt.a"),
                             path("exe"), /*needsMpi=*/true));
  EXPECT_TRUE(message.find("rt_mpi.a' does not exist") != std::string::npos ||
              message.find("was built without MPI") != std::string::npos)
      << message;
}

TEST_F(LinkerTest, LinksWhatTheTargetAsksFor) {
  // An archive beside the runtime's, of the same name.
  llvm::StringRef part = "device";
  auto program = object(answer);
  std::string message = llvm::toString(binary::linkExecutable(
      {llvm::ArrayRef<char>(program)}, path("rt.a"), path("exe"),
      /*needsMpi=*/false, part));
  EXPECT_NE(message.find("the target's runtime"), std::string::npos) << message;
  EXPECT_NE(message.find("rt_device.a' does not exist"), std::string::npos)
      << message;
  std::error_code code =
      llvm::sys::fs::copy_file(path("rt.a"), path("rt_device.a"));
  ASSERT_FALSE(code) << code.message();
  llvm::Error error = binary::linkExecutable({llvm::ArrayRef<char>(program)},
                                             path("rt.a"), path("exe"),
                                             /*needsMpi=*/false, part);
  EXPECT_FALSE(error) << llvm::toString(std::move(error));
}
