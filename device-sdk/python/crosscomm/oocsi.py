"""
The class OOCSI with the methods of the package `oocsi`, by frames: `from crosscomm.oocsi import OOCSI` in place of `from oocsi import OOCSI`. It
also connects again with its subscriptions, keeps what could not be sent, and `send` gives a receipt. For CPython, as it has a thread.
"""

import base64
import random
import threading
import uuid

from .client import Client
from .errors import CrossCommError, name_of
from .hey import OOCSIDevice

_OOCSI_PORT, _HTTP_PORT = 4444, 9898
_IDLE_MS = 20


class OOCSIDisconnect(Exception):
    """There is no gateway at that address, or it does not let this client in."""


class OOCSI:
    """
    `handle`: the client's name, in which each # becomes a digit, or `name:token`. `port`: OOCSI's 4444 stands for the gateway's 9898, another one is
    taken as it is. `callback(sender, recipient, event)` gets what is sent to the name. `logger(text)` is told what happens. Raises OOCSIDisconnect.
    """

    def __init__(self, handle=None, host="localhost", port=_OOCSI_PORT, callback=None, logger=None, maxReconnectionAttempts=None):
        name, _, token = (handle or "OOCSIClient_%s" % uuid.uuid4().hex[:15]).partition(":")
        self.handle = "".join(str(random.randrange(10)) if each == "#" else each for each in name)
        if logger is not None:
            self.log = logger
        self.connected = False
        self._receivers = {}
        self._stopped = threading.Event()
        # The client belongs to one thread at a time.
        self._lock = threading.RLock()
        url = "ws://%s:%d" % (host, _HTTP_PORT if port == _OOCSI_PORT else port)
        self._client = Client(url, self.handle, token=token or None, log=self._said, queue_bytes=1 << 20, max_frame=1 << 16)
        if callback is not None:
            self.subscribe("", callback)
        try:
            self._client.wait(lambda: self._client.is_online)
        except CrossCommError as error:
            self._client.end()
            raise OOCSIDisconnect(str(error)) from error
        self.connected = True
        # It keeps the program running until `stop`, as the old package does.
        threading.Thread(target=self._work).start()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.stop()

    def log(self, message):
        print("[%s]: %s" % (self.handle, message))

    def send(self, channelName, data, done=None):
        """Sends a dict to a channel or client. `done(receipt)`, which the old package has not, is told once what became of it."""
        with self._lock:
            return self._client.send(channelName, data, done)

    def subscribe(self, channelName, f):
        """`f(sender, recipient, event)` gets the dict of each message."""
        first = channelName not in self._receivers
        self._receivers.setdefault(channelName, []).append(f)
        if first:
            with self._lock:
                self._client.subscribe(channelName, lambda value, message: self._heard(channelName, value, message))

    def unsubscribe(self, channelName):
        self._receivers.pop(channelName, None)
        with self._lock:
            self._client.unsubscribe(channelName)

    def register(self, channelName, callName, callback):
        """Others can call `callback(event)`, which puts its answer into the event."""

        def answer(args, sender):
            event = _event(args) if args is not None else {}
            callback(event)
            return event

        with self._lock:
            self._client.register(callName, answer, None if channelName == self.handle else channelName)

    def call(self, channelName, callName, data, timeout=1):
        """Calls a function. A dict that has the answer as `response` once it is there, or why there is none as `error`."""
        call = {"_MESSAGE_HANDLE": callName}

        def done(code, value, text):
            if code:
                call["error"] = name_of(code)
            else:
                call["response"] = _event(value)

        with self._lock:
            self._client.call_then(channelName, callName, data, done, timeout)
        return call

    def callAndWait(self, channelName, callName, data, timeout=1):
        """The same, when the answer is there or the time is over."""
        call = self.call(channelName, callName, data, timeout)
        waited = threading.Event()
        while not ("response" in call or "error" in call) and not self._stopped.is_set():
            waited.wait(0.01)
        return call

    def variable(self, channelName, key):
        return OOCSIVariable(self, channelName, key)

    def returnHandle(self):
        return self.handle

    def heyOOCSI(self, custom_name=None):
        """A device that tells the others what it has."""
        return OOCSIDevice(self, custom_name or self.handle)

    def stop(self):
        """Sends what waits, and says goodbye."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        with self._lock:
            self._client.close()
        self.connected = False

    def handleEvent(self, sender, receiver, message):
        """For classes that are made of this one."""

    def _work(self):
        while not self._stopped.is_set():
            with self._lock:
                try:
                    self._client.poll()
                except CrossCommError as error:
                    self.log(error)
                    self._stopped.set()
                self.connected = self._client.is_online
            self._client.idle(_IDLE_MS)

    def _said(self, text):
        self.log(text)

    def _heard(self, channel, value, message):
        event = _event(value)
        for receiver in self._receivers.get(channel, ()):
            try:
                receiver(message.sender, message.channel or self.handle, dict(event))
            except Exception as error:
                self.log("a handler of %s failed: %s" % (channel or self.handle, error))


class OOCSIVariable:
    """A field of a channel's messages that all share who name it: `get()`, `set(value)`, within `min`, `max`, and smoothed."""

    def __init__(self, oocsi, channelName, key):
        self._oocsi = oocsi
        self._channel = channelName
        self._key = key
        self._least = None
        self._most = None
        self._window = 0
        self._sigma = None
        self._values = []
        self.value = None
        oocsi.subscribe(channelName, self._heard)

    def get(self):
        if self._window and self._values:
            return sum(self._values) / len(self._values)
        return self.value

    def set(self, value):
        self._take(value)
        self._oocsi.send(self._channel, {self._key: value})

    def min(self, value):
        self._least = value
        if self.value is not None:
            self.value = max(self.value, value)
        return self

    def max(self, value):
        self._most = value
        if self.value is not None:
            self.value = min(self.value, value)
        return self

    def smooth(self, windowLength, sigma=None):
        self._window = windowLength
        self._sigma = sigma
        return self

    def _heard(self, sender, recipient, event):
        if self._key in event:
            self._take(event[self._key])

    def _take(self, value):
        if self._least is not None and value < self._least:
            value = self._least
        elif self._most is not None and value > self._most:
            value = self._most
        elif self._sigma is not None:
            mean = self.get()
            if mean is not None and abs(mean - value) > self._sigma:
                step = self._sigma / max(1, len(self._values))
                value = mean - step if value < mean else mean + step
        if self._window:
            self._values = (self._values + [value])[-self._window :]
        self.value = value


def _event(value):
    """A value as OOCSI has it: a dict."""
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    return {"json": value}
