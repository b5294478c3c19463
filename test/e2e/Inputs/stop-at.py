"""Runs a training binary and sends it a signal once it has printed a step.

usage: stop-at.py SIGNAL STEP COMMAND...; fails if the run ended by itself.
"""
import re
import signal
import subprocess
import sys

name, step, *command = sys.argv[1:]
number = getattr(signal, name)
run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
sent = False
for line in run.stdout:
    print(line, end="")
    match = re.match(r"step +(\d+)/", line)
    if match and int(match[1]) >= int(step) and not sent:
        run.send_signal(number)
        sent = True
status = run.wait()
expected = -number if number == signal.SIGKILL else 128 + number
if status != expected:
    sys.exit(f"exit status {status}, expected {expected}")
