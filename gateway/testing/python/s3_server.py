"""A server of S3 that is not ours: moto's. It emits one JSON event with its port, and ends with its standard input."""

import json
import os
import sys

voice = sys.stdout
sys.stdout = sys.stderr
# Parts may be small, as those of the tests are; AWS takes none below 5 MiB.
os.environ["S3_UPLOAD_PART_MIN_SIZE"] = "1024"

from moto.server import ThreadedMotoServer  # noqa: E402

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
voice.write(json.dumps({"event": "ready", "port": port}) + "\n")
voice.flush()
sys.stdin.read()
server.stop()
