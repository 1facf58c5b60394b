#!/bin/sh
# oocsi (Python) 0.4.3: a client whose handle has `#` does not hear what is sent to it.
#
# In OOCSI a handle may have `#`, for which the server chooses a digit and says in its welcome what the client is called now.
# This client sends the `#` as they are and does not read its name from the welcome: it goes on taking itself for `dev_##`, also
# for the one message handler that it registers itself. What others send to `dev_42` arrives and is dropped without a word,
# while a message to the literal channel `dev_##`, to which it subscribes at the start, is handled:
#
#   said: dev_##(JSON), subscribe dev_##
#   handled: to dev_##
#
# So a Python program that others write to by its name needs a handle without `#`.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check oocsi==0.4.3
cat >try.py <<'END'
import json
import os
import socket
import threading

from oocsi import OOCSI

server = socket.create_server(("127.0.0.1", 0))
said = []
handled = []
done = threading.Event()


def serve():
    connection, _ = server.accept()
    lines = connection.makefile("r")
    said.append(lines.readline().strip())
    connection.sendall(b"{'message' : \"welcome dev_42\"}\n")
    said.append(lines.readline().strip())
    for recipient in ("dev_42", "dev_##"):
        event = {"hello": 1, "recipient": recipient, "timestamp": 1700000000000, "sender": "ann"}
        connection.sendall((json.dumps(event) + "\n").encode())
    done.wait(20)


def on_message(sender, recipient, event):
    handled.append(f"to {recipient}")
    if recipient == "dev_##":
        done.set()


threading.Thread(target=serve, daemon=True).start()
client = OOCSI("dev_##", "127.0.0.1", server.getsockname()[1], callback=on_message, logger=lambda text: None)
done.wait(20)
print("said:", ", ".join(said), flush=True)
print("handled:", ", ".join(handled), flush=True)
# The client's own thread may go on waiting for its socket.
os._exit(0)
END
venv/bin/python try.py | tee seen
grep -qx 'said: dev_##(JSON), subscribe dev_##' seen
grep -qx 'handled: to dev_##' seen
