"""The test vectors of the protocol, which all implementations share."""

import json
from pathlib import Path

from crosscomm.codec import Numbered

_FOLDER = Path(__file__).resolve().parents[2] / "protocol" / "vectors"


def vectors(name):
    """What is in one file of vectors."""
    return json.loads((_FOLDER / (name + ".json")).read_text(encoding="utf-8"))["vectors"]


def from_notation(value):
    """A value as the vectors write it."""
    if isinstance(value, list):
        return [from_notation(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "int":
        return int(content)
    if kind == "float":
        return float(content.replace("Infinity", "inf"))
    if kind == "bytes":
        return bytes.fromhex(content)
    return Numbered((from_notation(key), from_notation(member)) for key, member in content)


def same(one, other):
    """Whether two values are the same, where 1, 1.0 and True are three, and NaN is NaN."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)
