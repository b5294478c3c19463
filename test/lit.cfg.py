# The suite of lit tests: one folder per folder of the sources, plus
# stages/ (what each stage gives), tools/ (command lines) and e2e/ (training
# binaries). unit/ runs the GoogleTest executables. `ninja check-flm` runs all.
import ctypes
import os
import shutil
import subprocess

import lit.formats
from lit.llvm import llvm_config

config.name = "flm"
# The internal shell: tests behave alike everywhere.
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "fuzz"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.flm_binary_dir + "/test"

llvm_config.with_system_environment(["HOME", "TMP", "TEMP", "ASAN_OPTIONS", "CUDA_HOME"])
if config.flm_build_compiler:
    llvm_config.use_default_substitutions()
    llvm_config.with_environment("PATH", config.llvm_tools_dir, append_path=True)
    # CHECK variables of one function must not leak into the next (names that
    # begin with $ are kept).
    llvm_config.with_environment("FILECHECK_OPTS", "-enable-var-scope")
    llvm_config.add_tool_substitutions(
        ["flmc", "flm-data", "flm-emulate", "flm-interpret", "flm-lsp-server", "flm-opt", "flm-reduce",
         "flm-translate", "flm-tune-gemm", "mlir-translate", "split-file"],
        [config.flm_tools_dir, config.llvm_tools_dir],
    )
else:
    # The runtime alone has GoogleTest executables only.
    config.suffixes = []
config.substitutions += [
    ("%models", config.flm_source_dir + "/models"),
    ("%{source}", config.flm_source_dir),
    ("%{bin}", config.flm_tools_dir),
    ("%{build}", config.flm_binary_dir),
    ("%{cmake}", config.cmake),
    ("%{cxx}", config.cxx),
    # The folder of a CUDA driver without a GPU.
    ("%{fake-cuda}", config.flm_binary_dir + "/fake-cuda"),
]

# Features: what a test may require.
if config.flm_sanitize:
    # Its runtime must be the first library: no other can be preloaded.
    config.available_features.add("sanitizer")
if "X86" in config.llvm_targets:
    config.available_features.add("x86-registered-target")
# Where flm-translate looks for them.
cuda_path = (os.environ["CUDA_HOME"] + "/bin" if "CUDA_HOME" in os.environ
             else "/usr/local/cuda/bin:" + os.environ.get("PATH", ""))
for tool in ["ptxas", "fatbinary"]:
    if shutil.which(tool, path=cuda_path):
        config.available_features.add(tool)
try:
    ctypes.CDLL("libcuda.so.1")
    config.available_features.add("nvidia-driver")
except OSError:
    pass
if config.flm_have_sentencepiece:
    config.available_features.add("sentencepiece")
if config.flm_have_mpi and shutil.which("mpirun"):
    config.available_features.add("mpi")
    # More ranks than cores, and as any user: both are normal for a test.
    config.substitutions.append(
        ("%mpirun", "mpirun --allow-run-as-root --oversubscribe"))
# A place where the sources are not.
if shutil.which("unshare") and subprocess.run(
        ["unshare", "--mount", "--map-root-user", "mount", "-t", "tmpfs", "none", "/mnt"],
        capture_output=True).returncode == 0:
    config.available_features.add("mount-namespaces")
if os.path.exists("/dev/full"):
    config.available_features.add("dev-full")
try:
    with open("/proc/cpuinfo") as cpuinfo:
        flags = cpuinfo.read()
    for feature, flag in [("avx2", " avx2 "), ("avx512", " avx512f ")]:
        if flag in flags:
            config.available_features.add(feature)
except OSError:
    pass
# Tests that take minutes: `ninja check-flm-long`.
if lit_config.params.get("long"):
    config.available_features.add("long")
