"""Reads the vectors with cbor2, another implementation of CBOR, and prints a line of JSON for each.

Arguments: the files of vectors. Each line has `file`, `name`, `item` (what cbor2 decodes, in the vectors' notation), `again`
(cbor2's encoding of it, as hex) and `canonical` (its canonical encoding: shortest floats, sorted maps).
"""
import json
import sys
from pathlib import Path

import cbor2


def notation(item):
    if item is None or isinstance(item, (bool, str)):
        return item
    if isinstance(item, int):
        return item if abs(item) < 2**53 else {"int": str(item)}
    if isinstance(item, float):
        return {"float": {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(repr(item), repr(item))}
    if isinstance(item, bytes):
        return {"bytes": item.hex()}
    if isinstance(item, (list, tuple)):
        return [notation(each) for each in item]
    if isinstance(item, dict):
        return {"map": [[notation(key), notation(value)] for key, value in item.items()]}
    raise TypeError(f"cbor2 decoded a {type(item).__name__}")


for path in sys.argv[1:]:
    for vector in json.loads(Path(path).read_text("utf-8"))["vectors"]:
        item = cbor2.loads(bytes.fromhex(vector["hex"]))
        print(
            json.dumps(
                {
                    "file": Path(path).stem,
                    "name": vector["name"],
                    "item": notation(item),
                    "again": cbor2.dumps(item).hex(),
                    "canonical": cbor2.dumps(item, canonical=True).hex(),
                }
            )
        )
