"""Frames on a serial line: a board's UART, or a port of a computer."""

from .platform import MICROPYTHON, wait_for
from .slip import SlipReader, packet


class SerialLink:
    """`stream` has `read()`, which gives what came or None, and `write(bytes)`, as machine.UART and pyserial's Serial with `timeout=0` have them."""

    def __init__(self, stream, max_frame):
        self._stream = stream
        self._reader = SlipReader(max_frame)
        self._out = bytearray()

    def write(self, frame):
        """False: what was written before is not gone yet."""
        if self._out and not self._flush():
            return False
        self._out.extend(packet(frame))
        self._flush()
        return True

    def read(self):
        """The frames that came. What noise destroyed is sent again by the gateway."""
        if self._out:
            self._flush()
        data = self._stream.read()
        return [bytes_ for kind, bytes_ in self._reader.feed(data) if kind == "frame"] if data else []

    def wait(self, ms):
        return wait_for(self._stream, ms)

    def close(self):
        close = getattr(self._stream, "close", None)
        if close:
            close()

    def _flush(self):
        """Whether nothing is left."""
        count = self._stream.write(self._out)
        self._out = self._out[count or 0 :]
        return not self._out


def open_port(rest):
    """A port of a computer: `/dev/ttyACM0`, `/dev/ttyUSB0?baud=9600`, `COM3` (with pyserial). Raises OSError."""
    path, _, query = rest.partition("?")
    while path.startswith("//"):
        path = path[1:]
    baud = int(query.partition("=")[2] or 115200)
    if MICROPYTHON:
        raise OSError("on a board, hand in its UART: connect(machine.UART(1, 115200), ...)")
    try:
        import termios
    except ImportError:
        from serial import Serial

        return Serial(path, baud, timeout=0)
    return _Port(path, baud, termios)


class _Port:
    """A port of Linux or macOS, by what CPython has itself."""

    def __init__(self, path, baud, termios):
        import os

        self._os = os
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        speed = getattr(termios, "B%d" % baud, None)
        if speed is None:
            os.close(self._fd)
            raise OSError("%d is no speed of a serial port" % baud)
        flags = termios.tcgetattr(self._fd)
        control = flags[6]
        control[termios.VMIN] = 0
        control[termios.VTIME] = 0
        mode = termios.CS8 | termios.CREAD | termios.CLOCAL
        termios.tcsetattr(self._fd, termios.TCSANOW, [0, 0, mode, 0, speed, speed, control])

    def fileno(self):
        return self._fd

    def read(self):
        try:
            return self._os.read(self._fd, 4096)
        except BlockingIOError:
            return None

    def write(self, data):
        try:
            return self._os.write(self._fd, data)
        except BlockingIOError:
            return 0

    def close(self):
        self._os.close(self._fd)
