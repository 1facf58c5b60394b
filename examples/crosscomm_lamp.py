"""A CrossComm program: prints what the device `uno` says, and blinks its LED once.

Needs: pip install pywayne opencv-python-headless (docs/python.md says why, and what will do on a Pi)
Run:   python crosscomm_lamp.py [HOST [PORT]]
"""

import asyncio
import os
import sys
import uuid

# pywayne builds its cloud storage client at once, so it wants these even where no file is ever sent.
os.environ.setdefault("OSS_ENDPOINT", "http://localhost:9899")
os.environ.setdefault("OSS_BUCKET_NAME", "unused")

from pywayne.cross_comm import CommMsgType, CrossCommService  # noqa: E402

HOST = sys.argv[1] if len(sys.argv) > 1 else "localhost"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 9898
# Two clients with one id take each other's place, so each copy of this program has another.
CLIENT_ID = f"crosscomm-lamp-{uuid.uuid4().hex[:6]}"


async def main():
    client = CrossCommService(role="client", ip=HOST, port=PORT, client_id=CLIENT_ID)

    @client.message_listener(msg_type=CommMsgType.DICT, from_client_id="uno")
    async def on_dict(message):
        print(f"{message.from_client_id}: {message.content}", flush=True)

    await client.login()
    # A channel is joined by telling the server.
    await client.send_message({"subscribe": ["uno"]}, CommMsgType.DICT, "server")
    for led in (1, 0):
        await client.send_message({"led": led}, CommMsgType.DICT, "uno")
        await asyncio.sleep(0.5)
    while client.is_connected:
        await asyncio.sleep(1)


asyncio.run(main())
