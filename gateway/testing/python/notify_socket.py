"""What systemd has for a service with Type=notify: a datagram socket. Each message is a line of JSON."""

import array
import json
import os
import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print(json.dumps({"event": "listening"}), flush=True)
while True:
    size = array.array("i").itemsize
    message, attached, _, _ = listener.recvmsg(4096, socket.CMSG_SPACE(size))
    # A barrier (sd_notify_barrier(3)): closing what came with it says that all before it was read.
    for level, kind, data in attached:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            for descriptor in array.array("i", data[: len(data) - len(data) % size]):
                os.close(descriptor)
    lines = message.decode().split("\n")
    for name, _, value in (line.partition("=") for line in lines if line):
        print(json.dumps({"event": name, "value": value}), flush=True)
