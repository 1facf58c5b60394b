"""The client with asyncio: `client = await connect("ws://192.168.1.10:9898", "kitchen")`. All that waits in Client is awaited here."""

import asyncio

from .client import Client
from .errors import CrossCommError, name_of
from .platform import ticks

_POLL_S = 0.01


async def connect(url, client_id, **options):
    """A client that is online, whose work goes on as a task of this loop. Raises CrossCommError where it is refused, or `timeout`."""
    client = AsyncClient(url, client_id, **options)
    await client.start()
    return client


class AsyncClient(Client):
    """
    A Client whose `deliver`, `call`, `clients`, `put`, `get` and `close` are awaited; the options are the same. Handlers are ordinary functions;
    one that has to wait makes a task.
    """

    async def start(self):
        self._task = asyncio.create_task(self._work())
        await self._until(lambda: self.is_online, None)

    async def deliver(self, to, value, timeout=None):
        receipts = []
        self.send(to, value, receipts.append)
        await self._until(lambda: receipts, timeout)
        return receipts[0]

    async def call(self, to, function, args=None, timeout=5):
        answers = []
        self.call_then(to, function, args, lambda code, value, text: answers.append((code, value, text)), timeout)
        await self._until(lambda: answers, timeout + 5)
        code, value, text = answers[0]
        if code:
            raise CrossCommError(name_of(code), text)
        return value

    async def clients(self, online=True, timeout=None):
        answers = []
        self.clients_then(online, answers.append)
        await self._until(lambda: answers, timeout)
        return answers[0]

    async def put(self, source, name=None, to=None, kind="file", timeout=60):
        """As `files.put`."""
        ended = []
        self.files.send(source, name, to, kind, lambda code, key: ended.append((code, key)))
        return await self._ended(ended, timeout)

    async def get(self, key, target=None, timeout=60, **image):
        """As `files.get`."""
        ended = []
        self.files.pull_key(key, target, image, lambda code, content: ended.append((code, content)))
        return await self._ended(ended, timeout)

    async def close(self, timeout=2):
        until = ticks() + int(timeout * 1000)
        while self.waiting and self.is_online and ticks() < until:
            await asyncio.sleep(_POLL_S)
        self._task.cancel()
        self.end()

    async def _ended(self, ended, timeout):
        await self._until(lambda: ended, timeout)
        code, value = ended[0]
        if code:
            raise CrossCommError(name_of(code))
        return value

    async def _work(self):
        while True:
            self.poll()
            await asyncio.sleep(_POLL_S)

    async def _until(self, ready, timeout):
        until = ticks() + int((self.timeout if timeout is None else timeout) * 1000)
        while not ready():
            if self._task.done():
                # What ended the work, such as a refusal.
                await self._task
            if self.refusal or ticks() >= until:
                raise self.why()
            await asyncio.sleep(_POLL_S)
