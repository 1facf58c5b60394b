"""An OOCSI program: prints every temperature of the device `uno`, and switches its LED on when it gets warm.

Needs: pip install oocsi
Run:   python oocsi_lamp.py [HOST [PORT]]
"""

import sys
import time

from oocsi import OOCSI

HOST = sys.argv[1] if len(sys.argv) > 1 else "localhost"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 4444
WARM = 25.0


def on_temperature(sender, recipient, event):
    if "temperature" not in event:
        return
    celsius = event["temperature"]
    print(f"{sender}: {celsius} °C", flush=True)
    oocsi.send("uno", {"led": 1 if celsius > WARM else 0})


oocsi = OOCSI("oocsi-lamp-####", HOST, PORT)
oocsi.subscribe("uno", on_temperature)
while oocsi.reconnect:
    time.sleep(1)
