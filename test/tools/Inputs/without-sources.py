"""Runs a command where neither the sources nor the build can be read, with a
folder of the build moved to a place of its own:

    without-sources.py SOURCE BUILD FOLDER COMMAND...

In the command, FOLDER stands for the new place, which is also the current
directory. Needs mount namespaces.
"""
import os
import subprocess
import sys
import tempfile

source, build, folder, *command = sys.argv[1:]
with tempfile.TemporaryDirectory() as place:
    script = [f"mount --bind '{folder}' '{place}'"]
    # The build is often inside of the source.
    script += [f"mount -t tmpfs none '{hidden}'" for hidden in (build, source)]
    script += [f"cd '{place}'", f"test -z \"$(ls -A '{source}')\"", 'exec "$@"']
    words = [word.replace(folder, place) for word in command]
    environment = dict(os.environ, HOME=place)
    environment["PATH"] = f"{place}/prefix/bin:/usr/bin:/bin"
    sys.exit(subprocess.run(
        ["unshare", "--mount", "--map-root-user", "bash", "-ec", "\n".join(script),
         "bash", *words], env=environment).returncode)
