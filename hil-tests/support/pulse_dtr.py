"""Resets the board at a serial port (the first argument): drops its DTR line for a moment and raises it again.

It sets no flags and reads nothing, so another program may have the port open meanwhile.
"""

import fcntl
import os
import struct
import sys
import termios
import time

DTR = struct.pack("I", termios.TIOCM_DTR)
PULSE_S = 0.1

port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
try:
    fcntl.ioctl(port, termios.TIOCMBIC, DTR)
    time.sleep(PULSE_S)
    fcntl.ioctl(port, termios.TIOCMBIS, DTR)
except OSError as error:
    sys.exit(f"{sys.argv[1]} has no DTR line ({error.strerror})")
