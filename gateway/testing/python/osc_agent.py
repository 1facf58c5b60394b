"""Drives the unmodified `python-osc` package: one JSON command a line on standard input, one JSON event a line on output."""

import json
import sys
import threading

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_server import ThreadingOSCUDPServer
from pythonosc.tcp_client import SimpleTCPClient
from pythonosc.udp_client import SimpleUDPClient

output = threading.Lock()


def emit(event, **fields):
    with output:
        sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
        sys.stdout.flush()


def on_message(address, *args):
    emit("message", address=address, args=[arg.hex() if isinstance(arg, bytes) else arg for arg in args])


def build(address, args):
    builder = OscMessageBuilder(address)
    for tag, value in args:
        builder.add_arg(bytes.fromhex(value) if tag == "b" else value, tag)
    return builder.build()


class Agent:
    def __init__(self):
        self.client = None

    def udp(self, host, port):
        """Listens on a port of its own, and sends from another."""
        dispatcher = Dispatcher()
        dispatcher.set_default_handler(on_message)
        server = ThreadingOSCUDPServer((host, 0), dispatcher)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.client = SimpleUDPClient(host, port)
        emit("connected", port=server.server_address[1])

    def tcp(self, host, port, mode):
        """Sends and hears by one connection."""
        self.client = SimpleTCPClient(host, port, mode=mode)
        threading.Thread(target=self._hear, daemon=True).start()
        emit("connected", port=self.client.socket.getsockname()[1])

    def _hear(self):
        while True:
            for message in self.client.get_messages(60):
                on_message(message.address, *message)

    def send(self, address, args):
        self.client.send(build(address, args))

    def send_bundle(self, at, messages):
        """At a moment, seconds since 1970; 0 is at once."""
        bundle = OscBundleBuilder(at)
        for address, args in messages:
            bundle.add_content(build(address, args))
        self.client.send(bundle.build())

    def encode(self, address, args):
        emit("encoded", packet=build(address, args).dgram.hex())


def main():
    agent = Agent()
    for line in sys.stdin:
        command = json.loads(line)
        getattr(agent, command.pop("do"))(**command)


main()
