"""
Two programs of a class in one process: one with the package `oocsi`, one with what stands for it here. Arguments: ports of OOCSI and HTTP, and
the token of an account or "". Prints what each heard as lines of JSON.
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from crosscomm.oocsi import OOCSI, OOCSIDisconnect  # noqa: E402
from oocsi import OOCSI as Old  # noqa: E402


def emit(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def until(ready):
    """Waits for what another program does."""
    for _ in range(3000):
        if ready():
            return
        time.sleep(0.01)
    raise TimeoutError("nothing came in 30 s")


def main(oocsi_port, http_port):
    old = Old("old-1", "127.0.0.1", oocsi_port, logger=lambda text: None)
    inbox = []
    new = OOCSI("new-##", "127.0.0.1", http_port, callback=lambda *heard: inbox.append(heard), logger=lambda text: None)
    emit("handle", handle=new.returnHandle())

    here, there = [], []
    new.subscribe("lamp", lambda *heard: here.append(heard))
    old.subscribe("lamp", lambda *heard: there.append(heard))
    until(lambda: (old.send("lamp", {"from": "old"}), here)[1])
    emit("heard by the new one", sender=here[0][0], recipient=here[0][1], data=here[0][2])
    receipts = []
    until(lambda: (new.send("lamp", {"from": "new"}, receipts.append), [each for each in there if each[0] == new.handle])[1])
    emit("heard by the old one", data=[each for each in there if each[0] == new.handle][0][2])
    until(lambda: receipts)
    emit("receipt", accepted=receipts[0].accepted, delivered=receipts[0].delivered)
    old.send(new.handle, {"psst": 1})
    until(lambda: inbox)
    emit("inbox", sender=inbox[0][0], recipient=inbox[0][1], data=inbox[0][2])

    new.register("desk", "double", lambda event: event.update(result=event["x"] * 2))
    old.register("desk", "triple", lambda event: event.update(result=event["x"] * 3))
    answers = []
    until(lambda: "response" in (answers.append(old.callAndWait("desk", "double", {"x": 21}, 5)) or answers[-1]))
    emit("the old one called", response=answers[-1]["response"])
    until(lambda: "response" in (answers.append(new.callAndWait("desk", "triple", {"x": 5}, 5)) or answers[-1]))
    emit("the new one called", response=answers[-1]["response"])
    emit("no such function", error=new.callAndWait("old-1", "nothing", {}, 1)["error"])

    level, other = new.variable("house", "level").max(10), old.variable("house", "level")
    until(lambda: (level.set(7), other.get())[1] == 7)
    until(lambda: (other.set(99), level.get())[1] == 10)
    emit("variables", old=other.get(), new=level.get())

    devices = []
    old.subscribe("heyOOCSI!", lambda *heard: devices.append(heard[2]))
    device = new.heyOOCSI("desk lamp").addProperty("owner", "anna").addLocation("lab", 51.4, 5.5)
    device.addLight("light", "lamp", "RGB", "RGB").addSwitch("power", "lamp/power").addSensor("light level", "lux", "illuminance", "lx", 0)
    until(lambda: (device.sayHi(), devices)[1])
    emit("device", device=devices[0])
    new.stop()
    old.stop()
    try:
        OOCSI("nobody", "127.0.0.1", 9, logger=lambda text: None)
    except OOCSIDisconnect as error:
        emit("no gateway", text=str(error))


main(int(sys.argv[1]), int(sys.argv[2]))
