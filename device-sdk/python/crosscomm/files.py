"""Files, both ways (SPEC.md, section 17): `client.files.put("log.csv")`, `client.files.get(key, "copy.csv")`, `client.files.on(handler)`."""

from .codec import Numbered, encode
from .errors import CrossCommError, name_of
from .platform import ticks
from .times import Repeater
from .transfers import Receiver, Sender

KINDS = ("file", "image", "part", "folder", "append")
FITS = ("contain", "cover")
FORMATS = ("same", "rgb565", "mono", "gray4", "jpeg", "png")
_MAX_SENDING = 4
_OK, _TIMEOUT, _NO_FILE, _CANCELLED = 0, 21, 24, 26


class Files:
    """The files of one client."""

    def __init__(self, client, session):
        self.session = session
        self._client = client
        self._handlers = []
        self._senders = {}
        self._waiting = []
        self._receivers = {}
        self._fetches = []
        self._repeater = Repeater()
        self._next = 0

    def put(self, source, name=None, to=None, kind="file", timeout=60):
        """
        Sends a file and waits until the gateway has it. `source`: a path, bytes, or an open file of known length that can `seek`. `name`: what it is
        called there. `to`: a client or channel; default: all. `kind`: file, image, or append, which adds to the end of the object of that name.
        Its key in the object store. Raises CrossCommError.
        """
        ended = []
        self.send(source, name, to, kind, lambda code, key: ended.append((code, key)))
        self._client.wait(lambda: ended, timeout)
        code, key = ended[0]
        if code:
            raise CrossCommError(name_of(code))
        return key

    def send(self, source, name=None, to=None, kind="file", done=None):
        """The same without waiting: `done(code, key)` is told once, code 0 where the gateway has all of it."""
        if name is None:
            if not isinstance(source, str):
                raise ValueError("what is no path needs a name")
            name = source.replace("\\", "/").split("/")[-1]
        number = self._next
        self._next = (number + 2) & 0xFFFF
        self._waiting.append(Sender(self, number, source, (name, KINDS.index(kind), to), done))
        self._send_next()

    def get(self, key, target=None, timeout=60, **image):
        """
        Gets an object by its key. `target`: a path, or an open file; without one, its bytes. As an image: `width`, `height`, `fit` (contain, cover) and
        `format` (same, rgb565, mono, gray4, jpeg, png). Raises CrossCommError.
        """
        ended = []
        self.pull_key(key, target, image, lambda code, content: ended.append((code, content)))
        self._client.wait(lambda: ended, timeout)
        code, content = ended[0]
        if code:
            raise CrossCommError(name_of(code))
        return content

    def pull_key(self, key, target, image, done):
        """The same without waiting: `done(code, content)`; `image`: a dict of the options."""

        def found(code, offer):
            if code:
                done(code, None)
            else:
                offer.save(target, done)

        self.fetch(key, found, **image)

    def fetch(self, what, found, width=None, height=None, fit=None, format=None):
        """Asks for an object by its key: `found(code, offer)` gets the answer once."""
        options = Numbered()
        for key, value in ((0, width), (1, height), (2, fit and FITS.index(fit)), (3, format and FORMATS.index(format))):
            if value is not None:
                options[key] = value
        self._fetches.append((what, options or None, found))
        if len(self._fetches) == 1:
            self._say_fetch()

    def on(self, handler):
        """`handler(offer)` is called for each file that is sent to this client. Files that no handler saves are declined."""
        self._handlers.append(handler)
        return handler

    # What the client tells

    def receive(self, frame, numbered):
        kind, number = frame[0], frame[1]
        if kind == 16:
            self._offered(Offer(self, frame), numbered)
        elif kind == 17:
            if number in self._senders:
                self._senders[number].want(frame[2], frame[3])
        elif kind == 18:
            if number in self._receivers:
                self._receivers[number].chunk(frame[2], frame[3])
        elif kind == 19:
            if number in self._senders:
                self._senders[number].end(_OK, frame[2])
        elif number in self._senders:
            code = _CANCELLED if frame[2] is None else frame[2]
            # The gateway has lost it, but not what it had stored.
            if code == _NO_FILE:
                self._senders[number].online()
            else:
                self._senders[number].end(code, None)
        elif number in self._receivers:
            self._receivers[number].end(_CANCELLED if frame[2] is None else frame[2])

    def refused(self, code):
        """The Fetch that is open cannot be."""
        if self._fetches:
            _, _, found = self._fetches.pop(0)
            self._say_fetch()
            found(code, None)

    def online(self):
        for transfer in self._transfers():
            transfer.online()
        self._send_next()
        self._say_fetch()

    def offline(self):
        for transfer in self._transfers():
            transfer.repeater.idle()
        self._repeater.idle()

    def poll(self, now):
        for transfer in self._transfers():
            transfer.poll(now)
        if self._fetches and self._repeater.is_due(now):
            if self._repeater.is_over:
                self.refused(_TIMEOUT)
            else:
                self._tell_fetch()

    # What transfers use

    def ended(self, sender):
        self._senders.pop(sender.number, None)
        self._send_next()

    def pull(self, receiver):
        self._receivers[receiver.number] = receiver
        receiver.online()

    def let_go(self, receiver):
        self._receivers.pop(receiver.number, None)

    def deliver(self, items):
        """A frame that nothing answers, so it has a number."""
        self.session.add(encode(items), None, b"", None, ticks())

    def _transfers(self):
        return list(self._senders.values()) + list(self._receivers.values())

    def _offered(self, offer, numbered):
        if numbered:
            receiver = self._receivers.get(offer.number)
            if receiver is not None:
                if receiver.is_of(offer):
                    return
                receiver.end(_NO_FILE)
            for handler in self._handlers:
                handler(offer)
            if not offer.is_taken:
                offer.decline()
        elif self._fetches and (isinstance(self._fetches[0][0], str) or self._fetches[0][0] == offer.number):
            _, _, found = self._fetches.pop(0)
            self._say_fetch()
            found(_OK, offer)

    def _send_next(self):
        while self._waiting and len(self._senders) < _MAX_SENDING:
            sender = self._waiting.pop(0)
            self._senders[sender.number] = sender
            sender.online()

    def _say_fetch(self):
        self._repeater.idle()
        if self._fetches:
            self._tell_fetch()

    def _tell_fetch(self):
        if self.session.send([21, self._fetches[0][0], self._fetches[0][1]]):
            self._repeater.start(ticks())


class Offer:
    """
    A file that somebody sent: `name`, `size` in bytes, `kind` (file, image), `sender`, and `key`, its key in the object store, None where it is not
    told. Save it while the handler runs, or say `keep()` and save it within ten minutes.
    """

    def __init__(self, files, frame):
        _, self.number, self.name, size, kind, self.sender, self.crc, self.key = frame
        self.size = size or 0
        self.kind = KINDS[kind] if kind in (0, 1) else "file"
        self.is_taken = False
        self._files = files

    def save(self, target=None, done=None):
        """Pulls it into a path or an open file. `done(code, content)` is told once; without a target the content is its bytes."""
        self.is_taken = True
        self._files.pull(Receiver(self._files, self, target, done))

    def keep(self):
        self.is_taken = True

    def decline(self):
        self.is_taken = True
        self._files.deliver([20, self.number])
