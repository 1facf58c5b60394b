"""
A program with the crosscomm package that a test drives: JSON commands on standard input, JSON events on standard output. What a test
cannot know before, as the path of a pseudo-terminal, it says in its first event.
"""

import base64
import json
import os
import queue
import sys
import threading
import tty
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import crosscomm  # noqa: E402


def emit(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


class Uart:
    """A pseudo-terminal as a board's UART: `read` gives what came or None, `write` takes what fits."""

    def __init__(self):
        self.fd, line = os.openpty()
        tty.setraw(line)
        os.set_blocking(self.fd, False)
        self.path = os.ttyname(line)

    def fileno(self):
        return self.fd

    def read(self):
        try:
            return os.read(self.fd, 4096)
        except BlockingIOError:
            return None

    def write(self, data):
        try:
            return os.write(self.fd, data)
        except BlockingIOError:
            return 0


def join(one, other):
    """Carries bytes from one pseudo-terminal to the other, as a cable does."""
    while True:
        data = os.read(one, 4096)
        while data:
            data = data[os.write(other, data) :]


class Agent:
    def __init__(self):
        self.uart = Uart()
        # A cable: what is opened at one end comes out at the other.
        near, self.port = os.openpty()
        far, line = os.openpty()
        for end in (self.port, line):
            tty.setraw(end)
        for pair in ((near, far), (far, near)):
            threading.Thread(target=join, args=pair, daemon=True).start()
        self.client = None
        self.tokens = []
        emit("started", uart=self.uart.path, port=os.ttyname(self.port), line=os.ttyname(line))

    def connect(self, url, client_id, **options):
        if options.pop("stores", False):
            options["store"] = lambda token: emit("token", token=token)
        if url == "uart":
            url = self.uart
        self.client = crosscomm.connect(url, client_id, log=lambda text: emit("log", text=text), **options)
        self.client.files.on(self.offered)
        emit("online")

    def offered(self, offer):
        offer.save(None, lambda code, content: emit("file", name=offer.name, sender=offer.sender, code=code, **_bytes(content)))

    def subscribe(self, channel):
        self.client.subscribe(channel, lambda value, m: emit("message", value=value, channel=m.channel, sender=m.sender))
        self.client.deliver("#none", 0)
        emit("subscribed")

    def send(self, to, value):
        emit("sent", queued=self.client.send(to, value))

    def deliver(self, to, value):
        receipt = self.client.deliver(to, value)
        emit("receipt", accepted=receipt.accepted, delivered=receipt.delivered, reason=receipt.reason)

    def register(self, function, factor):
        self.client.register(function, lambda args, sender: {"result": args["x"] * factor, "for": sender})
        emit("registered")

    def call(self, to, function, args):
        emit("answer", value=self.client.call(to, function, args))

    def clients(self):
        emit("clients", clients=self.client.clients())

    def put(self, name, base, **options):
        emit("put", key=self.client.files.put(base64.b64decode(base), name, **options))

    def get(self, key, **image):
        emit("got", **_bytes(self.client.files.get(key, **image)))

    def variable(self, channel, key, keep):
        self.variable = self.client.variable(channel, key, keep=keep)
        self.variable.changed = lambda value: emit("changed", value=value)
        emit("shared")

    def set(self, value):
        self.variable.value = value
        emit("set")

    def describe(self, description):
        self.client.describe(description)
        emit("described")

    def close(self):
        self.client.close()
        emit("closed")


def _bytes(content):
    return {"base": None if content is None else base64.b64encode(content).decode()}


def main():
    agent = Agent()
    commands = queue.SimpleQueue()

    def read():
        for line in sys.stdin:
            commands.put(json.loads(line))
        commands.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            command = commands.get(timeout=0.01)
        except queue.Empty:
            command = {}
        if command is None:
            return
        try:
            if command:
                getattr(agent, command.pop("do"))(**command)
            if agent.client:
                agent.client.poll()
        except crosscomm.CrossCommError as error:
            emit("error", code=error.code, text=str(error))


main()
