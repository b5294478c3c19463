"""Stops or kills one rank of a run at random times, from its start to its end.

usage: at-any-time.py FOLDER TIMES SECONDS RANKS COMMAND... -- RESUME...

COMMAND is a run of FakeShards under mpirun with --comm-timeout 10, which takes about
SECONDS. Every time, all ranks must have ended 5 seconds after the limit, and one that
is alive must have named the victim. RESUME, on one rank, then ends in the bytes of a
run that nothing happened to.
"""
import filecmp
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

folder, times, seconds, ranks, *rest = sys.argv[1:]
split = rest.index("--")
command, resume = rest[:split], rest[split + 1:]
TIMEOUT = 10
whole = folder + "/whole"


def once(number, after):
    victim = random.randrange(int(ranks))
    out = folder + "/run"
    shutil.rmtree(out, ignore_errors=True)
    environment = dict(os.environ, FAKE_RANK=str(victim), FAKE_AFTER=f"{after}:{int(number)}")
    begin = time.monotonic()
    run = subprocess.Popen([*command, "--out", out], env=environment, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           start_new_session=True)
    try:
        log, _ = run.communicate(timeout=after / 1000 + TIMEOUT + 5)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        log, _ = run.communicate()
        # One that is stopped on its way out, with everything done, misses nobody.
        if "steps in" in log and "error:" not in log:
            return None
        return f"did not end within {time.monotonic() - begin:.1f} s:\n{log}"
    if run.returncode != 0:
        named = [line for line in log.splitlines()
                 if re.match(r"error: rank \d+: ", line)
                 and re.search(rf"\brank {victim}\b", line.split(": ", 2)[2])]
        if not named:
            return f"nobody names rank {victim}:\n{log}"
    # Killed by the end of the launcher, a directory may be as it was for a while.
    steps = [name for name in os.listdir(out) if name.startswith("step_")] \
        if os.path.isdir(out) else []
    again = subprocess.run([*resume, "--out", out, *(["--resume"] if steps else [])],
                           text=True, capture_output=True)
    if again.returncode != 0:
        return f"cannot go on: {again.stderr}"
    last = max(name for name in os.listdir(whole) if name.startswith("step_"))
    for name in os.listdir(f"{whole}/{last}"):
        if not filecmp.cmp(f"{whole}/{last}/{name}", f"{out}/{last}/{name}", shallow=False):
            return f"{last}/{name} differs"
    return None


shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
subprocess.run([*resume, "--out", whole], check=True, stdout=subprocess.DEVNULL)
random.seed(1)
failures = 0
for kind in [signal.SIGSTOP, signal.SIGKILL]:
    for i in range(int(times)):
        after = random.randrange(int(float(seconds) * 1000))
        problem = once(kind, after)
        if problem:
            failures += 1
            print(f"{kind.name} after {after} ms: {problem}")
print(f"{2 * int(times)} times, {failures} failures")
sys.exit(failures != 0)
