"""As build-bundle.sh, for the driver without a GPU: an image is the kernel's
description, which that driver runs by computing the reference.

fake-bundle.py LIST FLM-OPT FLM-TRANSLATE GPU-CHECK OUT
"""
import os
import subprocess
import sys
import tempfile

kernels, flm_opt, flm_translate, gpu_check, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)
with tempfile.TemporaryDirectory() as folder, open(kernels) as lines:
    attributes = [line.split(" ", 1)[1].strip() for line in lines if line.startswith("kernel ")]
    for index, attribute in enumerate(attributes):
        module = subprocess.run([flm_opt, f'--flm-build-kernel=kernel="{attribute}"'],
                                input=b"", stdout=subprocess.PIPE, check=True).stdout
        description = subprocess.run([flm_translate, "--flm-gpu-describe"], input=module,
                                     stdout=subprocess.PIPE, check=True).stdout
        for suffix in ["json", "fatbin"]:
            with open(f"{folder}/{index}.{suffix}", "wb") as file:
                # The driver takes the text as a C string.
                file.write(description + (b"\0" if suffix == "fatbin" else b""))
    subprocess.run([gpu_check, "pack", "--list", kernels, "--folder", folder,
                    "--origin", "a test", "--out", f"{out}/gpu-check"], check=True)
