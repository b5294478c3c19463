"""Starts ranks, and sends one of them a signal once a step has been printed.

usage: hit-rank.py SIGNAL RANK STEP mpirun ...; prints what the ranks print, and
how long it took them to end. Fails if they end well, or not within 45 s.
"""
import os
import re
import signal
import subprocess
import sys
import threading
import time

name, rank, step, *command = sys.argv[1:]
run = subprocess.Popen(command, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True)


def parent(pid):
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def pid_of(rank):
    """The process that mpirun started as this rank."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if parent(pid) != run.pid:
                continue
            with open(f"/proc/{pid}/environ", "rb") as file:
                if f"OMPI_COMM_WORLD_RANK={rank}".encode() in file.read().split(b"\0"):
                    return int(pid)
        except OSError:
            pass  # it has ended meanwhile
    sys.exit(f"there is no rank {rank}")


hit = None
watchdog = threading.Timer(45, run.kill)
watchdog.daemon = True
for line in run.stdout:
    print(line, end="")
    match = re.match(r"step +(\d+)/", line)
    if match and int(match[1]) >= int(step) and hit is None:
        os.kill(pid_of(rank), getattr(signal, name))
        hit = time.monotonic()
        watchdog.start()
status = run.wait()
if hit is None or status == 0 or status == -signal.SIGKILL:
    sys.exit(f"exit status {status}")
print(f"ended after {time.monotonic() - hit:.0f} s with status {status}")
