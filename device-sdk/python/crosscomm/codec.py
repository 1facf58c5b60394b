"""Frames as bytes: the part of CBOR that they use (SPEC.md, sections 1, 2 and 14). It keeps no state."""

import struct

MAX_DEPTH = 16
MAX_ITEMS = 4096


class FrameError(ValueError):
    """What is no frame, or cannot be written as one. `code` is a name of SPEC.md, section 14."""

    def __init__(self, code, text=""):
        super().__init__(text or code)
        self.code = code


class Numbered(dict):
    """A map whose keys are numbers of the protocol. In other maps a number as a key is written as its digits, as in JSON."""


def encode(value):
    """A value as bytes. Raises FrameError `unsupported` for what has no form, `too_deep` beyond 14 levels."""
    out = bytearray()
    _write(out, value, 2)
    return bytes(out)


def head(out, major, number):
    """Appends the head of an item: its major type, shifted by five bits, and a number of up to 64 bits in the shortest form."""
    if number < 24:
        out.append(major | number)
    elif number < 0x100:
        out.append(major | 24)
        out.append(number)
    elif number < 0x10000:
        out.append(major | 25)
        out.extend(number.to_bytes(2, "big"))
    elif number < 0x100000000:
        out.append(major | 26)
        out.extend(number.to_bytes(4, "big"))
    else:
        out.append(major | 27)
        out.extend(number.to_bytes(8, "big"))


def _write(out, value, depth):
    if value is None:
        out.append(0xF6)
    elif value is True:
        out.append(0xF5)
    elif value is False:
        out.append(0xF4)
    elif isinstance(value, int):
        _write_int(out, value)
    elif isinstance(value, float):
        _write_float(out, value)
    elif isinstance(value, str):
        text = value.encode()
        head(out, 0x60, len(text))
        out.extend(text)
    elif isinstance(value, (bytes, bytearray, memoryview)):
        head(out, 0x40, len(value))
        out.extend(value)
    elif depth > MAX_DEPTH:
        raise FrameError("too_deep", "nested too deep")
    elif isinstance(value, (list, tuple)):
        head(out, 0x80, len(value))
        for item in value:
            _write(out, item, depth + 1)
    elif isinstance(value, dict):
        _write_map(out, value, depth)
    else:
        raise FrameError("unsupported", "a %s cannot be sent" % type(value).__name__)


def _write_map(out, value, depth):
    head(out, 0xA0, len(value))
    numbered = isinstance(value, Numbered)
    for key in value:
        _write(out, key if numbered or isinstance(key, str) else str(key), depth)
        _write(out, value[key], depth + 1)


def _write_int(out, value):
    if value >= 0:
        if value >> 64:
            _write_float(out, float(value))
        else:
            head(out, 0, value)
    elif -1 - value >> 63:
        _write_float(out, float(value))
    else:
        head(out, 0x20, -1 - value)


def _write_float(out, value):
    # A number beyond 32 bits: OverflowError in CPython, infinity in MicroPython.
    try:
        single = struct.pack(">f", value)
        exact = value != value or struct.unpack(">f", single)[0] == value
    except OverflowError:
        exact = False
    if not exact:
        out.append(0xFB)
        out.extend(struct.pack(">d", value))
        return
    half = _half(int.from_bytes(single, "big")) if value == value else 0x7E00
    if half is None:
        out.append(0xFA)
        out.extend(single)
    else:
        out.append(0xF9)
        out.extend(half.to_bytes(2, "big"))


def _half(bits):
    """The 16 bits of a float of 32 bits, None where they are not exact."""
    sign = bits >> 16 & 0x8000
    exponent = (bits >> 23 & 0xFF) - 127
    mantissa = bits & 0x7FFFFF
    if exponent == 128:
        return sign | 0x7C00
    if exponent == -127:
        return sign if mantissa == 0 else None
    if -14 <= exponent <= 15:
        return None if mantissa & 0x1FFF else sign | exponent + 15 << 10 | mantissa >> 13
    shift = -1 - exponent
    if exponent > 15 or shift > 24:
        return None
    mantissa |= 0x800000
    return None if mantissa & (1 << shift) - 1 else sign | mantissa >> shift


def _from_half(bits):
    exponent = bits >> 10 & 31
    mantissa = bits & 0x3FF
    if exponent == 31:
        value = float("nan") if mantissa else float("inf")
    elif exponent == 0:
        value = mantissa / 16777216
    else:
        value = (mantissa + 1024) * 2.0 ** (exponent - 25)
    return -value if bits & 0x8000 else value


def decode(data, max_bytes=65535, max_depth=MAX_DEPTH, max_items=MAX_ITEMS):
    """The items of one whole frame, as a list of which the first is the type. Raises FrameError."""
    if len(data) > max_bytes:
        raise FrameError("too_large")
    if len(data) == 0:
        raise FrameError("truncated")
    if not 0x81 <= data[0] <= 0x97:
        raise FrameError("not_a_frame")
    reader = _Reader(data, max_depth, max_items)
    items = reader.item(1)
    if reader.at < len(data):
        raise FrameError("trailing")
    return items


class _Reader:
    def __init__(self, data, max_depth, max_items):
        self.data = data
        self.at = 0
        self.max_depth = max_depth
        self.left = max_items

    def item(self, depth):
        start = self.take(1)[0]
        major = start >> 5
        info = start & 31
        if major == 7:
            return self.simple(info)
        if info > 27 or major == 6:
            raise FrameError("unsupported")
        number = info if info < 24 else int.from_bytes(self.take(1 << info - 24), "big")
        if major == 0:
            return number
        if major == 1:
            if number >> 63:
                raise FrameError("unsupported")
            return -1 - number
        if major == 2:
            return bytes(self.take(number))
        if major == 3:
            return self.text(number)
        # Each item has a byte at least: checked before there is room made for them.
        if number * (major - 3) > len(self.data) - self.at:
            raise FrameError("truncated")
        if depth > self.max_depth:
            raise FrameError("too_deep")
        self.left -= number * (major - 3)
        if self.left < 0:
            raise FrameError("too_many_items")
        if major == 4:
            return [self.item(depth + 1) for _ in range(number)]
        return self.map(number, depth)

    def map(self, count, depth):
        value = {}
        for _ in range(count):
            key = self.item(depth + 1)
            if not isinstance(key, str) and not (type(key) is int and 0 <= key <= 0xFFFF):
                raise FrameError("bad_key")
            if key in value:
                raise FrameError("duplicate_key")
            value[key] = self.item(depth + 1)
        return value

    def simple(self, info):
        if info == 20:
            return False
        if info == 21:
            return True
        if info == 22:
            return None
        if info == 25:
            return _from_half(int.from_bytes(self.take(2), "big"))
        if info == 26:
            return struct.unpack(">f", self.take(4))[0]
        if info == 27:
            return struct.unpack(">d", self.take(8))[0]
        raise FrameError("unsupported")

    def text(self, length):
        raw = bytes(self.take(length))
        try:
            return raw.decode()
        except ValueError:
            raise FrameError("bad_text")

    def take(self, length):
        start = self.at
        if length > len(self.data) - start:
            raise FrameError("truncated")
        self.at = start + length
        return self.data[start : self.at]
