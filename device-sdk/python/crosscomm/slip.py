"""Frames on a serial line: SLIP packets with a checksum, between lines of text (SPEC.md, section 11)."""

_END, _ESC, _ESC_END, _ESC_ESC = 0xC0, 0xDB, 0xDC, 0xDD
_TEXT, _START, _FRAME, _ESCAPED, _SKIP = 0, 1, 2, 3, 4
# CRC-16/X-25 by half bytes.
_TABLE = (
    0x0000, 0x1081, 0x2102, 0x3183, 0x4204, 0x5285, 0x6306, 0x7387,
    0x8408, 0x9489, 0xA50A, 0xB58B, 0xC60C, 0xD68D, 0xE70E, 0xF78F,
)  # fmt: skip


def crc16(data):
    """The checksum of some bytes, 0 to 65535."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 4 ^ _TABLE[(crc ^ byte) & 15]
        crc = crc >> 4 ^ _TABLE[(crc ^ byte >> 4) & 15]
    return crc ^ 0xFFFF


def packet(frame):
    """A frame as the bytes that go over the line."""
    out = bytearray((_END,))
    crc = crc16(frame)
    for part in (frame, (crc & 0xFF, crc >> 8)):
        for byte in part:
            if byte == _END:
                out.append(_ESC)
                byte = _ESC_END
            elif byte == _ESC:
                out.append(_ESC)
                byte = _ESC_ESC
            out.append(byte)
    out.append(_END)
    return out


class SlipReader:
    """Takes bytes of a line in pieces of any size."""

    def __init__(self, max_frame):
        self._max = max_frame + 2
        self._state = _TEXT
        self._frame = bytearray()

    def feed(self, data):
        """What is whole now, in order: pairs of "text", "frame" and bytes, or of "fault" and `checksum`, `escape` or `too_large`."""
        events = []
        text = bytearray()
        for byte in data:
            state = self._state
            if byte == _END:
                if text:
                    events.append(("text", bytes(text)))
                    text = bytearray()
                if state == _FRAME:
                    events.append(self._whole())
                elif state == _ESCAPED:
                    events.append(("fault", "escape"))
                self._state = _START
            elif state == _FRAME:
                if byte == _ESC:
                    self._state = _ESCAPED
                else:
                    self._add(byte, events)
            elif state == _ESCAPED:
                self._state = _FRAME
                if byte == _ESC_END:
                    self._add(_END, events)
                elif byte == _ESC_ESC:
                    self._add(_ESC, events)
                else:
                    self._state = _SKIP
                    events.append(("fault", "escape"))
            elif state == _START and 0x81 <= byte <= 0x97:
                self._state = _FRAME
                self._frame = bytearray((byte,))
            elif state != _SKIP:
                self._state = _TEXT
                text.append(byte)
        if text:
            events.append(("text", bytes(text)))
        return events

    def _add(self, byte, events):
        if len(self._frame) < self._max:
            self._frame.append(byte)
            return
        self._state = _SKIP
        events.append(("fault", "too_large"))

    def _whole(self):
        frame = self._frame
        end = len(frame) - 2
        if end > 0 and crc16(frame[:end]) == frame[end] | frame[end + 1] << 8:
            return "frame", bytes(frame[:end])
        return "fault", "checksum"
