"""Runs the unmodified server of `pywayne.cross_comm` on a port; one JSON event a line on standard output."""

import asyncio
import json
import os
import sys

for name in ("ENDPOINT", "BUCKET_NAME", "ACCESS_KEY_ID", "ACCESS_KEY_SECRET"):
    os.environ.setdefault(f"OSS_{name}", "http://127.0.0.1:9" if name == "ENDPOINT" else "unused")

# The package prints to standard output, which is this program's voice: its prints go to standard error.
voice = sys.stdout
sys.stdout = sys.stderr

from pywayne.cross_comm import CrossCommService  # noqa: E402


async def main():
    service = CrossCommService(role="server", ip="127.0.0.1", port=int(sys.argv[1]))
    serving = asyncio.create_task(service.start_server())
    while service.server is None and not serving.done():
        await asyncio.sleep(0.01)
    if serving.done():
        serving.result()
    port = service.server.sockets[0].getsockname()[1]
    voice.write(json.dumps({"event": "ready", "port": port}) + "\n")
    voice.flush()
    await serving


asyncio.run(main())
