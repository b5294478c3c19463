"""Makes wrong files from right ones.

usage: damage.py flip FILE          change one byte in the middle
       damage.py cut FILE BYTES     keep the first bytes
       damage.py forget CHECKPOINT  zero the moments, with checksums that agree
       damage.py tensors IN OUT (drop NAME | add NAME | reshape NAME | lie NAME)
"""
import json
import re
import struct
import sys
import zlib


def tensors(source, target, action, name):
    """Edits the header of a safetensors file."""
    data = open(source, "rb").read()
    (size,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    if action == "drop":
        # The name goes, its bytes stay under another: only a name is missing.
        begin, end = header.pop(name)["data_offsets"]
        body = body[:begin] + body[end:]
        for entry in header.values():
            if "data_offsets" in entry and entry["data_offsets"][0] >= end:
                entry["data_offsets"] = [x - (end - begin) for x in entry["data_offsets"]]
    elif action == "add":
        header[name] = {
            "dtype": "F32",
            "shape": [1],
            "data_offsets": [len(body), len(body) + 4],
        }
        body += b"\0\0\0\0"
    elif action == "reshape":
        header[name]["shape"].reverse()
    elif action == "lie":
        header[name]["data_offsets"][1] += 1 << 40
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    open(target, "wb").write(struct.pack("<Q", len(text)) + text + body)


def forget(checkpoint):
    """A restore that loses the moments, as a broken program might."""
    path = checkpoint + "/optimizer.safetensors"
    data = open(path, "rb").read()
    begin = 8 + struct.unpack("<Q", data[:8])[0]
    zeroed = data[:begin] + bytes(len(data) - begin)
    open(path, "wb").write(zeroed)

    def checksum(content):
        return f"{zlib.crc32(content):08x}"

    text = open(checkpoint + "/manifest.json").read()
    assert checksum(data) in text
    text = text.replace(checksum(data), checksum(zeroed))
    # The manifest's own checksum is that of its compact text without it.
    before = text[: text.index(',\n  "manifest_crc32"')] + "}"
    compact = re.sub(r"\n *", "", before).replace('": ', '":')
    text = re.sub(
        r'("manifest_crc32": ")\w+', r"\g<1>" + checksum(compact.encode()), text
    )
    open(checkpoint + "/manifest.json", "w").write(text)


mode, *arguments = sys.argv[1:]
if mode == "flip":
    with open(arguments[0], "r+b") as file:
        data = bytearray(file.read())
        data[len(data) // 2] ^= 0x10
        file.seek(0)
        file.write(data)
elif mode == "cut":
    with open(arguments[0], "r+b") as file:
        file.truncate(int(arguments[1]))
elif mode == "forget":
    forget(*arguments)
else:
    tensors(*arguments)
