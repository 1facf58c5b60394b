"""Drives the unmodified `pywayne.cross_comm` client: JSON commands on standard input, JSON events on standard output.

Its files go to the object storage that the environment names, as OSS_ENDPOINT and its like; or, where the login names a
folder, into that: the client's object store is replaced by one with the same four methods then.
"""

import asyncio
import base64
import json
import os
import shutil
import sys
from pathlib import Path

for name in ("ENDPOINT", "BUCKET_NAME", "ACCESS_KEY_ID", "ACCESS_KEY_SECRET"):
    os.environ.setdefault(f"OSS_{name}", "http://127.0.0.1:9" if name == "ENDPOINT" else "unused")

# The package prints to standard output, which is this program's voice: its prints go to standard error.
voice = sys.stdout
sys.stdout = sys.stderr

if "CROSSCOMM_DROP_IN" in os.environ:
    # What has the same methods and stands for it.
    sys.path.insert(0, os.environ["CROSSCOMM_DROP_IN"])
    from crosscomm.cross_comm import CommMsgType, CrossCommService  # noqa: E402
else:
    from pywayne.cross_comm import CommMsgType, CrossCommService  # noqa: E402


class FolderStore:
    """What CrossCommService asks of its object store, on a folder that all clients of a test share."""

    def __init__(self, root):
        self.root = Path(root)

    def upload_file(self, key, file_path):
        target = self.root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file_path, target)
        return True

    def download_file(self, key, root_dir):
        target = Path(root_dir) / key
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.root / key, target)
        return True

    def upload_directory(self, local_path, prefix=""):
        shutil.copytree(local_path, self.root / prefix, dirs_exist_ok=True)
        return True

    def download_directory(self, prefix, local_path):
        shutil.copytree(self.root / prefix, local_path, dirs_exist_ok=True)
        return True


def emit(event, **fields):
    voice.write(json.dumps({"event": event, **fields}) + "\n")
    voice.flush()


class Agent:
    def __init__(self):
        self.client = None

    async def login(self, client_id, host, port, downloads, store=None):
        self.client = CrossCommService(role="client", ip=host, port=port, client_id=client_id)
        if store is not None:
            self.client.oss_manager = FolderStore(store)

        def listen(kind):
            @self.client.message_listener(msg_type=kind, download_directory=downloads)
            async def on_message(message):
                content = message.content
                if isinstance(content, bytes):
                    content = base64.b64encode(content).decode()
                emit(
                    "message",
                    sender=message.from_client_id,
                    recipient=message.to_client_id,
                    type=message.msg_type.value,
                    content=content,
                    oss_key=message.oss_key,
                    timestamp=message.timestamp,
                )

        for kind in CommMsgType:
            listen(kind)
        emit("login", success=await self.client.login())

    async def send(self, content, type, to="all", base64_content=None):
        if base64_content is not None:
            content = base64.b64decode(base64_content)
        emit("sent", success=await self.client.send_message(content, CommMsgType(type), to))

    async def list(self, only_show_online):
        emit("clients", list=await self.client.list_clients(only_show_online=only_show_online))

    async def download(self, oss_key, folder):
        emit("downloaded", success=self.client.download_file_manually(oss_key, folder))

    async def connected(self):
        emit("connected", value=self.client.is_connected)

    async def logout(self):
        await self.client.logout()
        emit("logout")


async def main():
    agent = Agent()
    emit("started")
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        await getattr(agent, command.pop("do"))(**command)


asyncio.run(main())
