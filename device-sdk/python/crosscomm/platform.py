"""What CPython and MicroPython have under different names."""

import sys
import time

MICROPYTHON = sys.implementation.name == "micropython"
# Whether a float has 32 bits, as on most boards.
FLOAT_32 = 1.0 + 1e-10 == 1.0

if MICROPYTHON:
    from random import getrandbits

    _last = time.ticks_ms()
    _elapsed = 0

    def ticks():
        """Milliseconds of a clock that only goes forward; the board's own begins again after some days."""
        global _last, _elapsed
        now = time.ticks_ms()
        _elapsed += time.ticks_diff(now, _last)
        _last = now
        return _elapsed

    def random():
        """A number from 0 to less than 1."""
        return getrandbits(16) / 65536

    sleep_ms = time.sleep_ms
else:
    from random import random  # noqa: F401

    def ticks():
        """Milliseconds of a clock that only goes forward."""
        return int(time.monotonic() * 1000)

    def sleep_ms(ms):
        time.sleep(ms / 1000)


def wait_for(stream, ms):
    """Waits until something comes from a socket or port, `ms` milliseconds at most. False: that is not to be known."""
    try:
        import select

        poll = select.poll()
        poll.register(stream, select.POLLIN)
        poll.poll(ms)
    except (ImportError, OSError, TypeError, ValueError, AttributeError):
        return False
    return True
