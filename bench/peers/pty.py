"""Runs a command that holds a pseudo-terminal: its descriptor and the path of its other end are in the environment."""

import os
import sys
import tty

master, slave = os.openpty()
tty.setraw(slave)
os.environ["BENCH_PTY_FD"] = str(master)
os.environ["BENCH_PTY_PATH"] = os.ttyname(slave)
# The slave stays open as well, so that the terminal does not hang up between two owners.
os.set_inheritable(master, True)
os.set_inheritable(slave, True)
os.execvp(sys.argv[1], sys.argv[1:])
