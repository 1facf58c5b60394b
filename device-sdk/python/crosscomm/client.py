"""
A client of a CrossComm gateway, for MicroPython and CPython: `connect("ws://192.168.1.10:9898", "kitchen")`. It does its work in `poll()`, which
never waits; `run()` calls it for ever, and crosscomm.aio does it with asyncio.
"""

from .calls import Calls
from .codec import encode
from .errors import CrossCommError, Receipt, name_of
from .links import open_link
from .message import Message, fits
from .platform import FLOAT_32, random, sleep_ms, ticks
from .session import FILES, FLOAT32, ONLINE, RECEIPTS, STOPPED, Session

_RETRY_FIRST_MS, _RETRY_MAX_MS = 500, 30000
# Of a Hello: no such version, id, place or proof.
_REFUSALS = (1, 4, 5, 6)
_LEVELS = {"debug": 0, "info": 1, "warning": 2, "error": 3}


def connect(url, client_id, **options):
    """
    A client that is online, or keeps trying to be. `url`: `ws://HOST:9898`, `wss://HOST:9898`, `mqtt://HOST`, `serial:/dev/ttyACM0?baud=115200`,
    or an object with `read` and `write`, as machine.UART has them. Options: those of Client. Raises CrossCommError where it is refused for good.
    """
    client = Client(url, client_id, **options)
    client.wait(lambda: client.is_online, options.get("timeout", 10))
    return client


class Client:
    """
    `client_id`: its name, 1 to 255 bytes. `token`: its token or password; `account`: whose password that is. `pair`: the six digits of
    `crosscomm pair`, and `store(token)`, which keeps the token that it gets by them. `max_frame`: the largest frame it takes, in bytes.
    `queue_bytes`: how much may wait to be sent. `ca`: the authority's certificate (PEM) for `wss`. `log(text)` is told what goes wrong.
    """

    capabilities = RECEIPTS + (FLOAT32 if FLOAT_32 else 0) + FILES  # SPEC.md, section 3

    def __init__(self, url, client_id, token=None, account=None, pair=None, store=None, max_frame=1024, queue_bytes=8192, ca=None, log=print, timeout=10):
        self.client_id = client_id
        self.timeout = timeout
        # What went wrong last, and why the gateway does not let it in, each a CrossCommError or None.
        self.error = None
        self.refusal = None
        self._url = url
        self._ca = ca
        self._token, self._account, self._pair, self._store = token, account, pair, store
        self._log = log
        self._link = None
        self._retry_at, self._retry_wait = 0, _RETRY_FIRST_MS
        self._handlers = []
        self._lists = self._files = None
        self._parts = {}  # Variables by channel and key, and by None what the client says of itself.
        self._session = Session(client_id, self, random, self._credentials, max_frame, 2 * max_frame, queue_bytes, self.capabilities)
        self._calls = Calls(self._session, log)

    # What a program uses

    @property
    def is_online(self):
        return self._session.state == ONLINE

    @property
    def waiting(self):
        """How many messages the gateway has not acknowledged."""
        return self._session.outbox.size

    def send(self, to, value, done=None, kind=0):
        """
        Sends a value to a channel or client, at least once: it is kept until the gateway has it, over lost connections. `done(receipt)` is
        told once what became of it. True, or False where it cannot be sent (too large, the queue is full), which `done` is told too.
        `kind`: 1 for JSON that CrossComm clients are to get as such.
        """
        after = encode(value)
        if kind:
            # The sender before it is left out.
            after += b"\xf6" + encode(kind)
        settle = done and (lambda code, delivered: done(Receipt(code, delivered)))
        before = b"\x85\x08" if kind else b"\x83\x08"
        shapes = self._session.names.shapes
        if shapes and shapes.is_array(to, value):
            before += encode(to)
            to = None
        return self._session.add(before, to, after, settle, ticks()) is not None

    def send_now(self, to, value):
        """Sends a value at most once, and only if online. False: it was not sent."""
        names = self._session.names
        if names.shapes:
            if names.shapes.is_array(to, value):
                return self._session.send([8, to, value])
            value = names.shapes.pack(to, value)
        return self._session.send([8, names.number(to), value])

    def deliver(self, to, value, timeout=None):
        """Sends a value and waits until it is known what became of it. The Receipt. Raises CrossCommError `timeout`."""
        receipts = []
        self.send(to, value, receipts.append)
        self.wait(lambda: receipts, timeout)
        return receipts[0]

    def subscribe(self, channel, handler):
        """
        `handler(value, message)` is called for what comes on a channel, or on those that fit a filter as `lab/+/temperature`. The message has `channel`
        and `sender` (None: the gateway). The empty channel "" is what is sent to this client itself.
        """
        self._handlers.append((channel, handler))
        if channel and not self._session.names.is_subscribed(channel):
            self._session.names.declare(channel, True, lambda code: code and self._unsubscribed(channel, code))
            self._session.pump(ticks())

    def on(self, channel):
        """The same as a decorator."""

        def decorate(handler):
            self.subscribe(channel, handler)
            return handler

        return decorate

    def unsubscribe(self, channel):
        """Ends a subscription with all its handlers. False: there is none."""
        self._handlers = [each for each in self._handlers if each[0] != channel]
        freed = self._session.names.free(channel)
        self._session.pump(ticks())
        return freed

    def alias(self, channel, shape=None):
        """
        Has a number stand for a channel that is often sent to, which makes its messages shorter. `shape`: a list of the keys of the maps that
        it mostly carries; what comes, and what `send_now` sends, then goes without them, where the gateway can.
        """
        if shape:
            self._session.names.shape(channel, shape)
        self._session.names.declare(channel, False, None)
        self._session.pump(ticks())

    def call(self, to, function, args=None, timeout=5):
        """Calls a function of another client, `timeout` in seconds. Its answer. Raises CrossCommError, such as `no_function`, `timeout`."""
        answers = []
        self.call_then(to, function, args, lambda code, value, text: answers.append((code, value, text)), timeout)
        # The call has its own time-out.
        self.wait(lambda: answers, timeout + 5)
        code, value, text = answers[0]
        if code:
            raise CrossCommError(name_of(code), text)
        return value

    def call_then(self, to, function, args, done, timeout=5):
        """The same without waiting: `done(code, value, text)` gets the answer once, code 0 where it is one."""
        self._calls.open(to, function, args, done, int(timeout * 1000))

    def register(self, function, handler, channel=None):
        """
        Offers a function to others: `handler(args, sender)` gives the answer, and what it raises is told the caller. With a channel, it is
        called by that name too, and the client subscribes to it.
        """
        self._calls.offer(channel, function, handler)
        if channel:
            self._session.names.declare(channel, True, None)
            self._session.pump(ticks())

    def variable(self, channel, key, value=None, keep=False):
        """A value that all who name it share. See crosscomm.variables."""
        from .variables import Variable

        variable = Variable(self, self._session, channel, key, value, keep)
        self._parts[(channel, key)] = variable
        return variable

    def describe(self, description):
        """Tells what this client has, for Home Assistant: a map of SPEC.md, section 21. `log` is told where it is refused."""
        from .description import Description

        self._parts[None] = Description(self, self._session, description)

    def clients(self, online=True, timeout=None):
        """Who is there: pairs of id and whether it is online."""
        answers = []
        self.clients_then(online, answers.append)
        self.wait(lambda: answers, timeout)
        return answers[0]

    def clients_then(self, online, done):
        """The same without waiting: `done(list)`."""
        if self._lists is None:
            from .lists import Lists

            self._lists = Lists(self._session)
        self._lists.ask(online, done)

    @property
    def files(self):
        """Sends and gets files. See crosscomm.files."""
        if self._files is None:
            from .files import Files

            self._files = Files(self, self._session)
        return self._files

    def log(self, text, level="info"):
        """A line for this client's log at the gateway; `level`: debug, info, warning or error. False: not online."""
        return self._session.send([22, _LEVELS[level], str(text)])

    def close(self, timeout=2):
        """Waits until all is sent, two seconds at most, and says goodbye."""
        until = ticks() + int(timeout * 1000)
        while self._session.outbox.size and self.is_online and ticks() < until:
            self.poll()
            self.idle(20)
        self.end()

    def end(self):
        """Says goodbye at once."""
        self._session.stop(0)
        self.error = self.refusal = None
        self._close_link()

    def poll(self):
        """Does what there is to do, without waiting. Raises CrossCommError where the gateway refuses this client for good."""
        now = ticks()
        if self._session.state == STOPPED:
            if self.error:
                raise self.error
            return
        if self._link is None:
            self._open(now)
        if self._link is not None:
            self._read(now)
        now = ticks()
        self._calls.poll(now)
        if self._files is not None:
            self._files.poll(now)
        for part in self._parts.values():
            part.poll(now)
        if not self._session.poll(ticks()):
            self._lost("nothing was heard from the gateway any more")

    def idle(self, ms):
        """Waits until something comes, `ms` milliseconds at most."""
        if self._link is None or not self._link.wait(ms):
            sleep_ms(min(ms, 10))

    def run(self, seconds=None):
        """Polls for ever, or for some seconds."""
        until = None if seconds is None else ticks() + int(seconds * 1000)
        while until is None or ticks() < until:
            self.poll()
            self.idle(20)

    def wait(self, ready, timeout=None):
        """
        Polls until `ready()` is true. Raises CrossCommError `timeout` after `timeout` seconds (default: that of the client), and why the gateway
        does not let it in.
        """
        until = ticks() + int((self.timeout if timeout is None else timeout) * 1000)
        while not ready():
            self.poll()
            if ready():
                return
            if self.refusal or ticks() >= until:
                raise self.why()
            self.idle(20)

    # What the session tells

    def state(self, state):
        if state != ONLINE and self._files is not None:
            self._files.offline()

    def welcomed(self, is_new):
        self.error = self.refusal = None
        self._retry_wait = _RETRY_FIRST_MS
        if is_new:
            self._calls.restarted()
            if self._lists:
                self._lists.restarted()
        for part in self._parts.values():
            part.online(is_new)
        if self._files is not None:
            self._files.online()

    def data(self, frame, numbered):
        kind = frame[0]
        if kind == 8:
            self._message(frame[1], frame[2], frame[3])
        elif kind == 14:
            channel = self._name(frame[2])
            if channel is not None:
                self._calls.called(frame[1], channel, frame[3], frame[4], frame[5])
        elif kind == 15:
            self._calls.answer(frame[1], frame[3] or 0, frame[2], frame[4] or "")
        elif kind == 13 and self._lists:
            self._lists.came(frame[1], frame[2])
        elif kind in (24, 26):
            for part in self._parts.values():
                part.answered(frame)
        elif 16 <= kind <= 20:
            self.files.receive(frame, numbered)

    def refused(self, code, text, about):
        kind = about[0] if about else None
        if kind == 14 and len(about) > 1:
            self._calls.answer(about[1], code, None, text)
        elif kind == 21 and self._files is not None:
            self._files.refused(code)
        elif kind == 26 and None in self._parts:
            self._parts[None].settle()
        error = CrossCommError(name_of(code), text)
        if kind == 0 or code in _REFUSALS:
            self.error = self.refusal = error
            # A code that was refused is not tried again: five wrong ones end the pairing.
            if code == 6 and self._token is None:
                self._pair = None
        if kind not in (14, 21):
            self._log("crosscomm: %s" % error)

    def fault(self, code):
        self._log("crosscomm: a frame that cannot be read: %s" % code)

    def token(self, number, token):
        """The gateway gives a token of its own: stored, then used."""
        if self._store is None or token is None:
            self._session.send([25, number, 16])
            return
        self._store(token)
        self._token = token
        self._pair = self._account = None
        self._session.send([25, number])
        self._session.again(ticks())

    # Its own

    def _credentials(self):
        password = "pair:%s" % self._pair if self._token is None and self._pair else self._token
        return self._account, password, self._store is not None

    def why(self):
        """The error that says why there is no answer."""
        if self.is_online:
            return CrossCommError("timeout")
        return self.refusal or self.error or CrossCommError("timeout", "there is no connection to %s" % (self._url,))

    def _open(self, now):
        if now < self._retry_at or now < self._session.hold_until:
            return
        try:
            self._link = open_link(self._url, self.client_id, self._session.max_frame, self._token, self._account, self._ca)
        except (OSError, CrossCommError) as error:
            self._failed(error, now)
            return
        self._session.link_up(self._link.write, ticks())

    def _failed(self, error, now):
        if not isinstance(error, CrossCommError):
            error = CrossCommError("offline", "no connection to %s: %s" % (self._url, error))
        if str(error) != str(self.error):
            self._log("crosscomm: %s" % error)
        self.error = error
        self._retry_at = now + int(self._retry_wait * (0.75 + random() / 2))
        self._retry_wait = min(self._retry_wait * 2, _RETRY_MAX_MS)

    def _read(self, now):
        try:
            for frame in self._link.read():
                self._session.receive(frame, now)
        except OSError as error:
            self._lost(error)

    def _lost(self, why):
        self._close_link()
        self._session.link_down()
        self._failed(CrossCommError("offline", "the connection is lost: %s" % why), ticks())

    def _close_link(self):
        link, self._link = self._link, None
        if link:
            link.close()

    def _unsubscribed(self, channel, code):
        self._log("crosscomm: not subscribed to %s: %s" % (channel, name_of(code)))

    def _name(self, to):
        return self._session.names.channel(to) if isinstance(to, int) else to or ""

    def _message(self, to, value, sender):
        channel = self._name(to)
        if channel is None:
            return
        message = Message(channel, sender)
        if self._session.names.shapes and isinstance(to, int):
            value = self._session.names.shapes.unpack(channel, value)
        for wanted, handler in list(self._handlers):
            if wanted == channel or (wanted and fits(wanted, channel)):
                handler(value, message)
        if isinstance(value, dict):
            for key in value:
                variable = self._parts.get((channel, key))
                if variable:
                    variable.came(value[key])
