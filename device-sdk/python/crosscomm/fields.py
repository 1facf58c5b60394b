"""Which fields the frames that come down have (SPEC.md, section 3)."""

from .codec import FrameError

# One letter for each field, those that may be left out after the bar: s 16 bits, u 32 bits, n 1 to 32 bits, t text, T text of a byte or
# more, o alias or text or null, v any value, y bytes, b bool, l list, m map, k a list of texts, each once, f a frame or null, g the limits of the
# gateway, c pairs of id and whether online. Null stands for a default
# where the field may be left out.
_FIELDS = {
    1: "nnuubg|b",
    2: "s|tl",
    3: "|st",
    4: "|u",
    5: "|u",
    6: "s|Tuk",
    7: "s",
    8: "ov|ts",
    9: "nf",
    10: "u",
    11: "s",
    13: "c|b",
    14: "soT|vtu",
    15: "sv|st",
    16: "sT|usvuT",
    17: "suu",
    18: "suy",
    19: "s|vu",
    20: "s|st",
    23: "nu|s",
    24: "Tv",
    25: "s|vs",
    26: "|v",
}

_LAST = 26
_SEQUENCED = (8, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 24)


def check(items, inside=False):
    """The items of a frame, with None for each field that is left out, or None for a type that is not known. Raises FrameError."""
    kind = items[0]
    if not _unsigned(kind, 16):
        raise FrameError("not_a_frame")
    fields = _FIELDS.get(kind)
    if inside and kind <= _LAST and kind not in _SEQUENCED:
        raise FrameError("bad_field")
    if fields is None:
        return None
    required, _, optional = fields.partition("|")
    known = required + optional
    frame = list(items[: len(known) + 1])
    if len(frame) <= len(required):
        raise FrameError("bad_field")
    frame += [None] * (len(known) + 1 - len(frame))
    for index in range(len(known)):
        value = frame[index + 1]
        if value is None and index >= len(required):
            continue
        if not _fits(known[index], value):
            raise FrameError("bad_field")
    if kind == 9 and frame[2] is not None:
        frame[2] = check(frame[2], True)
    return frame


def _unsigned(value, bits):
    return type(value) is int and 0 <= value < 1 << bits


def _is_pair(value):
    return isinstance(value, list) and len(value) > 1 and isinstance(value[0], str) and isinstance(value[1], bool)


def _fits(letter, value):
    if letter == "v":
        return True
    if letter == "s":
        return _unsigned(value, 16)
    if letter in "un":
        return _unsigned(value, 32) and (letter == "u" or value > 0)
    if letter in "tT":
        return isinstance(value, str) and (letter == "t" or value != "")
    if letter == "o":
        return value is None or _unsigned(value, 16) or (isinstance(value, str) and value != "")
    if letter == "y":
        return isinstance(value, bytes) and len(value) > 0
    if letter == "b":
        return isinstance(value, bool)
    if letter == "l":
        return isinstance(value, list)
    if letter == "k":
        return isinstance(value, list) and all(isinstance(item, str) for item in value) and len(set(value)) == len(value)
    if letter == "g":
        return isinstance(value, list) and len(value) > 3 and all(_unsigned(item, 32) for item in value[:4])
    if letter == "c":
        return isinstance(value, list) and all(_is_pair(item) for item in value)
    return value is None or (isinstance(value, list) and len(value) > 0)
