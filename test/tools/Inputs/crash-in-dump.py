"""Makes flmc crash in a stage: it waits for a reader of that stage's dump, and
gets a signal there."""
import os
import signal
import subprocess
import sys
import time

pipe, command = sys.argv[1], sys.argv[2:]
os.mkfifo(pipe)
process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
# Its one thread sleeps for good when it waits for the reader.
asleep, deadline = 0, time.time() + 120
while asleep < 10 and time.time() < deadline:
    with open(f"/proc/{process.pid}/stat") as state:
        asleep = asleep + 1 if state.read().rsplit(")", 1)[1].split()[0] == "S" else 0
    time.sleep(0.05)
process.send_signal(signal.SIGSEGV)
print(process.communicate(timeout=60)[1])
sys.exit(process.returncode == 0)
