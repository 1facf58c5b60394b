"""
The class CrossCommService with the methods of pywayne's, by frames: `from crosscomm.cross_comm import CommMsgType, CrossCommService` in place of
`from pywayne.cross_comm import ...`. It also connects again with its subscriptions, keeps what could not be sent, and `deliver` gives a receipt;
files go by the gateway, so that it needs no keys of an object storage. For CPython.
"""

import asyncio
import base64
import inspect
import json
import os
import time
import uuid
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, Optional

from .aio import AsyncClient
from .downloads import Downloads
from .errors import CrossCommError, Receipt
from .session import KINDS

_LOCAL = ("0.0.0.0", "::", "")
_DAY_S = 86400
# Of what comes as a map: a folder, or a file that is too large for frames.
_FILE_FIELDS = {"file", "kind", "object_key"}
_ALL = "all"
_IS_GATEWAY = "the gateway is the server: end this program, or make it a client (role='client')"


class CommMsgType(Enum):
    TEXT = "text"
    JSON = "json"
    DICT = "dict"
    BYTES = "bytes"
    IMAGE = "image"
    FILE = "file"
    FOLDER = "folder"
    HEARTBEAT = "heartbeat"
    LOGIN = "login"
    LOGOUT = "logout"
    LIST_CLIENTS = "list_clients"
    LIST_CLIENTS_RESPONSE = "list_clients_response"
    LOGIN_RESPONSE = "login_response"


_FILES = (CommMsgType.FILE, CommMsgType.IMAGE)
_UPLOADS = (CommMsgType.FILE, CommMsgType.IMAGE, CommMsgType.FOLDER)


@dataclass
class Message:
    """
    What a listener gets. `to_client_id`: this client, a channel, or `all`. `content`: a str, a str of JSON, a dict or bytes, as the type says; of a
    file where it was saved, or else what it is called. `timestamp`: when it came, in seconds since 1970. `oss_key`: the key of a file or folder.
    """

    msg_id: str
    from_client_id: str
    to_client_id: str
    msg_type: CommMsgType
    content: Any
    timestamp: float
    oss_key: Optional[str] = None

    def to_dict(self):
        return dict(asdict(self), msg_type=self.msg_type.value)

    @classmethod
    def from_dict(cls, data):
        return cls(**dict(data, msg_type=CommMsgType(data["msg_type"])))


class CrossCommService:
    """
    `ip`: the gateway's address, or `account:token@address`. `client_id`: this client's name; without one it is made of the computer's MAC address
    and a random part. `ca`: the gateway's certificate (PEM); with it the connection is encrypted. `log(text)` is told what happens. The intervals
    are taken and not used: the gateway says how often it wants to hear. Raises ValueError for the role `server`, which the gateway has.
    """

    def __init__(self, role, ip="0.0.0.0", port=9898, client_id=None, heartbeat_interval=30, heartbeat_timeout=60, ca=None, log=print):
        if role != "client":
            raise ValueError(_IS_GATEWAY)
        self.role, self.ip, self.port = role, ip, port
        self.heartbeat_interval, self.heartbeat_timeout = heartbeat_interval, heartbeat_timeout
        self.client_id = client_id or "%012x_%s" % (uuid.getnode(), uuid.uuid4().hex[:8])
        self.message_handlers = []
        self.log = log
        proof, _, host = ip.rpartition("@")
        account, _, secret = proof.partition(":")
        self._account, self._secret, self._ca = account or None, secret or None, ca
        self._place = "%s://%s:%d" % ("%s", "localhost" if host in _LOCAL else host, port)
        self._downloads = Downloads(self._place % ("https" if ca else "http"), self._account, self._secret, ca)
        self._client = None
        self._working = set()

    @property
    def is_connected(self):
        return self._client is not None and self._client.is_online

    async def login(self):
        """True when it is online, which it stays over lost connections until `logout`. False: no gateway, or it does not let this client in."""
        self.stop()
        url = self._place % ("wss" if self._ca else "ws")
        proof = {"account": self._account, "token": self._secret, "ca": self._ca}
        self._client = _Frames(self, url, self.client_id, log=self.log, queue_bytes=1 << 22, max_frame=1 << 18, **proof)
        try:
            await self._client.start()
        except CrossCommError as error:
            self.log("crosscomm: no login: %s" % error)
            self.stop()
            return False
        self._hear(CommMsgType.LOGIN_RESPONSE, {"status": "success"}, "server", self.client_id)
        return True

    async def logout(self):
        """Sends what waits, two seconds long at most, and says goodbye."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def stop(self):
        """Says goodbye at once."""
        client, self._client = self._client, None
        if client is not None:
            client.leave()

    async def send_message(self, content, msg_type, to_client_id=_ALL):
        """
        Sends to a client, a channel or `all`. True: the gateway has it, or it is kept until the connection is back. False: it cannot be sent, and `log`
        is told why. A dict `{"subscribe": [...]}` or `{"unsubscribe": [...]}` to `server` subscribes to channels.
        """
        try:
            if not self.is_connected and msg_type in _UPLOADS:
                raise CrossCommError("offline", "a file is sent while there is a connection")
            receipt = await self.deliver(content, msg_type, to_client_id)
            if receipt.accepted or (to_client_id == _ALL and receipt.reason == "no_recipient"):
                return True
            raise CrossCommError(receipt.reason)
        except (CrossCommError, OSError, ValueError) as error:
            self.log("crosscomm: not sent to %s: %s" % (to_client_id, error))
            return False

    async def deliver(self, content, msg_type, to_client_id=_ALL):
        """
        The same, which pywayne's has not: what became of it, a Receipt. While there is no connection it does not wait: `delivered` is None then. Raises
        CrossCommError, ValueError for what is not of its type, and OSError for a file that cannot be read.
        """
        client = self._online()
        if msg_type in _FILES:
            await client.put(os.fspath(content), to=_party(to_client_id), kind=msg_type.value, timeout=_DAY_S)
            return Receipt(0, None)
        if msg_type is CommMsgType.FOLDER:
            await self._send_folder(client, os.fspath(content), to_client_id)
            return Receipt(0, None)
        value, kind = _value_of(content, msg_type)
        if to_client_id == "server" and isinstance(value, dict):
            return self._subscribe(client, value)
        return await client.sent(to_client_id, value, kind)

    async def list_clients(self, only_show_online=True, timeout=5.0):
        """Who is there, as pywayne has it; `last_heartbeat` and `login_time` are None. None: no answer in time."""
        try:
            found = await self._online().clients(only_show_online, timeout)
        except CrossCommError as error:
            self.log("crosscomm: no list of clients: %s" % error)
            return None
        clients = [
            {"client_id": name, "status": "online" if online else "offline", "last_heartbeat": None, "login_time": None}
            for name, online in found
        ]
        return {"clients": clients, "total_count": len(clients), "only_show_online": only_show_online}

    def message_listener(self, msg_type=None, from_client_id=None, download_directory=None):
        """
        A decorator: `async def listener(message)` gets what others send, of one type and from one client where these are given. Files are saved below the
        directory at their key, by the first listener that has one.
        """

        def decorate(listener):
            wanted = {"msg_type": msg_type, "from_client_id": from_client_id, "download_directory": download_directory}
            self.message_handlers.append(dict(wanted, handler=listener))
            return listener

        return decorate

    def download_file_manually(self, oss_key, save_directory):
        """Saves an object at its key below a directory, or a folder where the key ends with `/`. False: it could not be, and `log` is told why."""
        try:
            self._downloads.save(oss_key, str(save_directory))
            return True
        except (CrossCommError, OSError) as error:
            self.log("crosscomm: %s was not downloaded: %s" % (oss_key, error))
            return False

    async def start_server(self):
        raise ValueError(_IS_GATEWAY)

    def get_online_clients(self):
        raise ValueError("a client asks the gateway: await list_clients()")

    # Its own

    def _online(self):
        if self._client is None:
            raise CrossCommError("offline", "login() comes first")
        return self._client

    def _subscribe(self, client, value):
        for channel in value.get("subscribe") or ():
            client.subscribe(channel, lambda value, message: None)
        for channel in value.get("unsubscribe") or ():
            if channel != _ALL:
                client.unsubscribe(channel)
        return Receipt(0, None)

    async def _send_folder(self, client, path, to):
        path = os.path.normpath(path)
        # What others see of it is there only when all its files are.
        name = "%d_%s_folder" % (time.time() * 1000, uuid.uuid4().hex[:8])
        for folder, _, files in os.walk(path):
            for each in sorted(files):
                whole = os.path.join(folder, each)
                inside = os.path.relpath(whole, path).replace(os.sep, "/")
                await client.put(whole, inside, name, "part", timeout=_DAY_S)
        if not os.path.isdir(path):
            raise NotADirectoryError("%s is no folder" % path)
        await client.put(b"", "%s/%s" % (name, os.path.basename(path)), _party(to), "folder", timeout=_DAY_S)

    def _hear(self, msg_type, content, sender, to, oss_key=None):
        now = time.time()
        msg_id = "%s_%d_%s" % (sender, now * 1000, uuid.uuid4().hex[:8])
        message = Message(msg_id, sender, to, msg_type, content, now, oss_key)
        work = asyncio.ensure_future(self._tell(message))
        # A loop keeps no tasks alive.
        self._working.add(work)
        work.add_done_callback(self._working.discard)

    async def _tell(self, message):
        wanted = [each for each in self.message_handlers if _wants(each, message)]
        directory = next((each["download_directory"] for each in wanted if each["download_directory"]), None)
        if message.oss_key is not None and directory:
            await self._download(message, str(directory))
        for each in wanted:
            try:
                result = each["handler"](message)
                if inspect.isawaitable(result):
                    await result
            except Exception as error:
                self.log("crosscomm: a listener failed: %s: %s" % (type(error).__name__, error))

    async def _download(self, message, directory):
        key = message.oss_key
        if key.endswith("/"):
            directory = os.path.join(directory, "folder_%d" % message.timestamp)
        loop = asyncio.get_running_loop()
        if await loop.run_in_executor(None, self.download_file_manually, key, directory):
            message.content = directory if key.endswith("/") else os.path.join(directory, *key.split("/"))


class _Frames(AsyncClient):
    """The client below it, which tells it all that comes, with its kind."""

    capabilities = AsyncClient.capabilities + KINDS

    def __init__(self, service, url, client_id, **options):
        super().__init__(url, client_id, **options)
        self._service = service
        self.files.on(self._offered)
        self.subscribe(_ALL, lambda value, message: None)

    async def sent(self, to, value, kind):
        receipts = []
        self.send(to, value, receipts.append, kind)
        while not receipts and self.is_online:
            await asyncio.sleep(0.005)
        return receipts[0] if receipts else Receipt(0, None)

    def leave(self):
        self._task.cancel()
        # What it was still asking for needs no word.
        self._log = lambda text: None
        self.end()

    def data(self, frame, numbered):
        super().data(frame, numbered)
        if frame[0] != 8:
            return
        channel, sender = self._name(frame[1]), frame[3] or "server"
        if channel is None or sender == self.client_id:
            return
        msg_type, content, key = _content_of(frame[2], frame[4])
        self._service._hear(msg_type, content, sender, channel or self.client_id, key)

    def _offered(self, offer):
        # It is fetched by its key where somebody wants it.
        offer.decline()
        if offer.sender != self.client_id:
            self._service._hear(CommMsgType(offer.kind), offer.name, offer.sender or "server", self.client_id, offer.key)


def _wants(handler, message):
    if handler["msg_type"] is not None and handler["msg_type"] is not message.msg_type:
        return False
    return handler["from_client_id"] in (None, message.from_client_id)


def _party(to):
    return None if to == _ALL else to


def _value_of(content, msg_type):
    """What a content is as a value of a frame, and of which kind. Raises ValueError."""
    if msg_type is CommMsgType.TEXT:
        return str(content), 0
    if msg_type is CommMsgType.BYTES:
        return base64.b64decode(content, validate=True) if isinstance(content, str) else bytes(content), 0
    if msg_type is CommMsgType.JSON:
        return json.loads(content) if isinstance(content, str) else content, 1
    if msg_type is CommMsgType.DICT:
        return content, 0
    raise ValueError("a %s is nothing that a program sends" % getattr(msg_type, "value", msg_type))


def _content_of(value, kind):
    """The type, the content and the key of what came."""
    if isinstance(value, dict) and set(value) - {"url", "size"} == _FILE_FIELDS and value["kind"] in ("folder", "file", "image"):
        return CommMsgType(value["kind"]), value["file"], value["object_key"]
    if kind == 1 or not isinstance(value, (str, bytes, dict)):
        return CommMsgType.JSON, json.dumps(value), None
    if isinstance(value, bytes):
        return CommMsgType.BYTES, value, None
    return (CommMsgType.TEXT if isinstance(value, str) else CommMsgType.DICT), value, None
