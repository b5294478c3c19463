# The GoogleTest executables that CMake registered: no others, so that a stale
# one in the folder does not count.
import os

import lit.formats

config.name = "flm-unit"
config.test_format = lit.formats.GoogleTest(".", "")
config.test_format.test_suffixes = set(config.unit_tests)
# Tests are found where the executables are.
config.test_source_root = config.test_exec_root = config.flm_tools_dir
for name in config.unit_tests:
    if not os.path.exists(os.path.join(config.flm_tools_dir, name)):
        lit_config.fatal(f"{name} is not built; `ninja check-flm` builds it")
for name in ("HOME", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
