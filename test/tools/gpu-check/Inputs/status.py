"""Runs a command; prints what it says on either stream, and its exit status."""
import subprocess
import sys

result = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
print(result.stdout.decode(), end="")
print("status", result.returncode)
