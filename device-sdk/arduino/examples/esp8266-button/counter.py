"""Counts presses of a button, and says whether its lamp is to be lit: python counter.py [HOST [PORT]]"""

import sys

from oocsi import OOCSI

host = sys.argv[1] if len(sys.argv) > 1 else "localhost"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 4444
presses = 0


def press(answer):
    """Called with what the button sent; what is left in `answer` goes back to it."""
    global presses
    presses += 1
    print(f"pressed by {answer['by']}", flush=True)
    answer["presses"] = presses
    answer["lit"] = presses % 2 == 1


oocsi = OOCSI("counter", host, port)
oocsi.register("counter", "press", press)
print("waiting for presses", flush=True)
