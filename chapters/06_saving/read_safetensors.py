"""Reads a safetensors file with nothing but Python: python3 read_safetensors.py FILE"""
import json
import struct
import sys

with open(sys.argv[1], "rb") as file:
    (length,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(length))
    data = file.read()
for name, entry in header.items():
    if name != "__metadata__":
        begin, end = entry["data_offsets"]
        letter = {"F32": "f", "F64": "d", "I64": "q", "BOOL": "?"}[entry["dtype"]]
        count = (end - begin) // struct.calcsize("<" + letter)
        print(name, entry["shape"], struct.unpack(f"<{count}{letter}", data[begin:end]))
