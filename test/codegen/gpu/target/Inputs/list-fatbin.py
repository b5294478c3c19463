"""Prints the kind and the arch of each image of a fatbin, in order.

The layout, as fatbinary 13.0 writes it: a header of 16 bytes (u32 magic, u16
version, u16 header bytes, u64 bytes that follow), then for each image a header
(u16 kind at 0, u32 header bytes at 4, u64 image bytes at 8, u32 arch at 28).
"""
import struct
import sys

data = open(sys.argv[1], "rb").read()
magic, _, at, following = struct.unpack_from("<IHHQ", data)
assert magic == 0xBA55ED50 and at + following == len(data), "no fatbin"
while at < len(data):
    kind, _, header, size = struct.unpack_from("<HHIQ", data, at)
    (arch,) = struct.unpack_from("<I", data, at + 28)
    print({1: "ptx", 2: "elf"}[kind], arch, "empty" if size == 0 else "")
    at += header + size
