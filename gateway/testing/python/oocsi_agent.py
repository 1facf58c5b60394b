"""Drives the unmodified `oocsi` package: one JSON command a line on standard input, one JSON event a line on output."""

import json
import sys
import threading

from oocsi import OOCSI

output = threading.Lock()


def emit(event, **fields):
    with output:
        sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
        sys.stdout.flush()


def on_message(sender, recipient, data):
    emit("message", sender=sender, recipient=recipient, data=data)


class Agent:
    def __init__(self):
        self.client = None
        self.variables = {}

    def connect(self, handle, host, port):
        self.client = OOCSI(handle, host, port, callback=on_message, logger=lambda text: emit("log", text=text))
        emit("connected", handle=self.client.returnHandle())

    def subscribe(self, channel):
        self.client.subscribe(channel, on_message)

    def send(self, channel, data):
        self.client.send(channel, data)

    def call(self, channel, name, data, timeout):
        answer = self.client.callAndWait(channel, name, data, timeout)
        emit("answer", name=name, response=answer.get("response"))

    def register(self, channel, name):
        def add_one(data):
            data["result"] = data.get("value", 0) + 1

        self.client.register(channel, name, add_one)

    def variable(self, channel, key):
        self.variables[key] = self.client.variable(channel, key)

    def set_variable(self, key, value):
        self.variables[key].set(value)

    def get_variable(self, key):
        emit("variable", key=key, value=self.variables[key].get())

    def say_hi(self, device, channel):
        self.client.heyOOCSI(device).addSensor("thermometer", channel, "temperature", "C", 20.0).sayHi()

    def say_all(self, device, prefix):
        """Tells of a device with each kind of component that the package has; their channels are `prefix` and the name."""
        told = self.client.heyOOCSI(device).addLocation("Cellar", 1, 2).addProperty("model", "P1")
        told.addSensor("warmth", prefix + "warmth", "temperature", "C", 20.5, icon="thermometer")
        told.addNumber("level", prefix + "level", [0, 5], "%", 3)
        told.addBinarySensor("door", prefix + "door", "door", True)
        told.addSwitch("plug", prefix + "plug", False)
        told.addLight("white", prefix + "white", "CCT", "CCT", True, 99, [150, 400])
        told.addLight("strip", prefix + "strip", "RGB", "RGB", False, 10)
        told.sayHi()

    def stop(self):
        self.client.stop()


def main():
    agent = Agent()
    emit("started")
    for line in sys.stdin:
        command = json.loads(line)
        getattr(agent, command.pop("do"))(**command)


main()
