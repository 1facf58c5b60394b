"""
The device's end of the frame protocol (SPEC.md, sections 4 to 10): a session that outlives its links, what is sent at least once both ways,
and the numbers that stand for channels. It has no socket and no clock: its owner hands in a link, what comes by it, and the time in
milliseconds, which only grows.
"""

from .codec import FrameError, Numbered, decode, encode
from .fields import check
from .names import Names
from .outbox import Outbox
from .times import Repeater

OFFLINE, GREETING, ONLINE, STOPPED = 0, 1, 2, 3
RECEIPTS, FLOAT32, FILES, KINDS = 1, 2, 4, 8
# Codes of SPEC.md, section 9, that the client itself gives or acts on.
VERSION, TOO_LARGE, ID_INVALID, ID_TAKEN, CREDENTIALS = 1, 3, 4, 5, 6
NOT_WELCOME_YET, UNKNOWN_ALIAS, SEQUENCE_GAP, INTERNAL, OFFLINE_CODE = 8, 9, 13, 17, 23

_HELLO_FIRST_MS, _HELLO_MAX_MS, _HOLD_MS = 500, 30000, 30000
_PING_MS, _SILENT_MS, _ACK_MS, _GAP_MS = 10000, 30000, 50, 100


class Session:
    """
    `handler` has `state(state)`, `data(frame)` for what comes with a number or a message without one, `file(frame)` for frames of files
    without a number, `welcomed(is_new)`, `refused(code, text, about)`, `fault(code)` and `token(number, token)`. `random()` gives 0 to less
    than 1. `credentials()` gives user, password and whether a token can be stored; asked for each Hello.
    """

    def __init__(self, client_id, handler, random, credentials, max_frame, window, queue_bytes, capabilities):
        self.client_id = client_id
        self.state = OFFLINE
        self.max_frame = max_frame
        # What the gateway takes; before it has said so, what it may take.
        self.limits = [65535, 131072]
        self.server_time = 0
        self.names = Names()
        self.outbox = Outbox(queue_bytes, self.names)
        self._handler = handler
        self._random = random
        self._credentials = credentials
        self._window = window
        self._capabilities = capabilities
        self._link = None
        self._boot_id = self._fresh_boot_id()
        self._number = 0
        self._received = 0
        self._unacknowledged = 0
        self._ack_due = None
        self._gap = (-1, 0)
        self._hello_due = 0
        self._hello_wait = _HELLO_FIRST_MS
        self.hold_until = 0
        self._said = 0
        self._heard = 0
        self._repeater = Repeater()

    def link_up(self, link, now):
        """A link is open; `link(frame)` sends the bytes of one frame, False where there is no room now."""
        self._link = link
        self._heard = self._said = now
        self._greet(now)

    def link_down(self):
        """The link is gone."""
        self._link = None
        self._ack_due = None
        self.outbox.rewind()
        self._become(OFFLINE)

    def receive(self, data, now):
        """The bytes of one frame came."""
        if self._link is None or self.state == STOPPED:
            return
        try:
            frame = check(decode(data, self.max_frame))
        except FrameError as error:
            self._handler.fault(error.code)
            return
        self._heard = now
        if frame is None:
            return
        kind = frame[0]
        if kind == 1:
            self._welcome(frame, now)
        elif kind == 2:
            self._error(frame[1], frame[2] or "", frame[3] or [], now)
        elif kind == 3:
            self._goodbye(frame[1] or 0, now)
        elif self.state == ONLINE:
            self._hear(frame, len(data), now)

    def poll(self, now):
        """Does what is due. False: the link is dead, and its owner has to close it."""
        if self._link is None or self.state == STOPPED:
            return True
        if self.state == GREETING:
            if now >= self._hello_due:
                self._hello(now)
            return now < self.hold_until or now - self._heard < _SILENT_MS + self._hello_wait
        if now - self._heard >= _SILENT_MS:
            return False
        if now - self._said >= _PING_MS:
            self._said = now
            self.send([4])
        if self._ack_due is not None and now >= self._ack_due:
            self._acknowledge(now)
        if not self.is_waiting:
            self._repeater.idle()
        elif self._repeater.is_due(now):
            if self._repeater.is_over:
                return False
            self.names.again()
            self.outbox.rewind()
        self.pump(now)
        return True

    @property
    def is_waiting(self):
        """Whether something is not acknowledged or confirmed."""
        return self.outbox.size > 0 or self.names.is_waiting

    def pump(self, now):
        """Sends what the gateway and the link have room for."""
        if self.state != ONLINE:
            return
        if self.names.pump(self.send):
            self.outbox.pump(self.limits[1], self._write)
        if self.is_waiting:
            self._repeater.start(now)

    def send(self, items):
        """Sends a frame that is not kept, without the empty fields at its end. False: not online, or no room."""
        while items[-1] is None:
            items.pop()
        return self.state == ONLINE and self._write(encode(items))

    def add(self, before, to, after, settle, now):
        """
        Queues a frame: the bytes before its recipient, the recipient, which may become a number (None: it has none), and the bytes after
        it. `settle(code, delivered)` is told once what became of it. The entry, or None where it cannot be, which `settle` has been told.
        """
        code = OFFLINE_CODE
        if self.state != STOPPED:
            entry, code = self.outbox.add(before, to, after, settle, self.limits[0])
            if entry is not None:
                self.pump(now)
                return entry
        if settle:
            settle(code, 0)
        return None

    def stop(self, reason):
        """Says goodbye (0 leaving, 1 sleeping) and is over for good."""
        self.send([3, reason])
        self._end()

    def again(self, now):
        """Says Hello once more, as with a new token."""
        if self._link is not None:
            self._greet(now)

    def _end(self):
        self._link = None
        self._become(STOPPED)
        self.outbox.drop(OFFLINE_CODE)
        self.names.drop(OFFLINE_CODE)

    def _greet(self, now):
        self.outbox.rewind()
        self._ack_due = None
        self._hello_due = max(now, self.hold_until)
        self._become(GREETING)

    def _hello(self, now):
        # From three to five quarters of the time, so that many devices do not come at once.
        self._hello_due = now + int(self._hello_wait * (0.75 + self._random() / 2))
        self._hello_wait = min(self._hello_wait * 2, _HELLO_MAX_MS)
        first = self.outbox.first_seq
        resume = [first, self._number, self._received] if self._number or first > 1 else None
        user, password, stores = self._credentials()
        proof = Numbered()
        for key, value in ((1, user), (2, password), (3, stores or None)):
            if value is not None:
                proof[key] = value
        hello = [0, 1, self.client_id, self._boot_id, self.max_frame, self._window, self._capabilities, resume, proof or None]
        while hello[-1] is None:
            hello.pop()
        self._write(encode(hello))

    def _welcome(self, frame, now):
        _, _, number, last_seq, self.server_time, _, limits, resumed = frame
        if self.state == ONLINE and number == self._number:
            return
        if last_seq > self.outbox.highest_sent:
            self._renew(now)
            return
        goes_on = bool(resumed) and number == self._number
        self.limits = limits
        self._number = number
        self._hello_wait = _HELLO_FIRST_MS
        self.hold_until = 0
        if not goes_on:
            self._received = 0
            self._unacknowledged = 0
        self.outbox.acknowledge(last_seq)
        self.outbox.rewind()
        self.outbox.limit(limits[0], TOO_LARGE)
        if goes_on:
            self.names.again()
        else:
            self.names.restart()
        self._repeater.idle()
        self._said = now
        self._become(ONLINE)
        self._handler.welcomed(not goes_on)
        self.pump(now)

    def _renew(self, now):
        """The numbers of this boot id are used up, or not only ours: takes a new one."""
        self._boot_id = self._fresh_boot_id()
        self._number = 0
        self._received = 0
        self.outbox.renumber()
        self._greet(now)

    def _error(self, code, text, about, now):
        number = about[1] if len(about) > 1 and isinstance(about[1], int) else None
        kind = about[0] if about else None
        if code in (VERSION, ID_INVALID):
            self._handler.refused(code, text, about)
            self._end()
            return
        if code in (ID_TAKEN, CREDENTIALS) or (code == INTERNAL and kind == 0):
            self._hold(now)
        elif code in (NOT_WELCOME_YET, SEQUENCE_GAP):
            if self.state == ONLINE:
                self._greet(now)
        elif kind == 9 and number is not None:
            self.outbox.refuse(number, code)
        elif kind == 6 and number is not None:
            if code == UNKNOWN_ALIAS:
                self.names.miss(number)
                self.outbox.rewind()
            else:
                self.names.refuse(number, code)
                self.outbox.rewind()
            self.pump(now)
        self._handler.refused(code, text, about)

    def _goodbye(self, reason, now):
        if reason in (2, 5):
            self._hold(now)
        elif self.state == ONLINE:
            self._greet(now)

    def _hold(self, now):
        """The gateway wants to hear nothing for a while."""
        self.hold_until = now + _HOLD_MS
        self._greet(now)

    def _hear(self, frame, size, now):
        kind = frame[0]
        if kind == 9:
            if self._take(frame[1], size, now) and frame[2] is not None:
                self._handler.data(frame[2], True)
        elif kind == 10:
            self._acknowledged(frame[1], now)
        elif kind == 23:
            self.outbox.receipt(frame[1], frame[3] or 0, frame[2])
        elif kind == 4:
            self.send([5, frame[1]])
        elif kind in (6, 7):
            self.names.confirm(kind, frame[1], frame[-2])
            self._progress(now)
            self.pump(now)
        elif kind == 25:
            self._handler.token(frame[1], frame[2])
        elif kind != 5:
            self._handler.data(frame, False)

    def _acknowledged(self, seq, now):
        meaning = self.outbox.acknowledge(seq)
        if meaning == "unfitting":
            self._greet(now)
        elif meaning == "hint":
            self.outbox.rewind()
            self.pump(now)
        elif meaning == "progress":
            self._progress(now)
            if self.outbox.is_used_up:
                self._renew(now)
            else:
                self.pump(now)

    def _progress(self, now):
        if self.is_waiting:
            self._repeater.progress(now)
        else:
            self._repeater.idle()

    def _take(self, seq, size, now):
        """Whether a frame with this number is the next one."""
        if seq == self._received + 1:
            self._received = seq
            self._unacknowledged += size
            if self._unacknowledged * 2 >= self._window:
                self._acknowledge(now)
            elif self._ack_due is None:
                self._ack_due = now + _ACK_MS
            return True
        if seq > self._received:
            # Once for each gap and 100 ms.
            if self._gap[0] == self._received and now - self._gap[1] < _GAP_MS:
                return False
            self._gap = (self._received, now)
        self._acknowledge(now)
        return False

    def _acknowledge(self, now):
        if self.send([10, self._received]):
            self._unacknowledged = 0
            self._ack_due = None
        else:
            self._ack_due = now + _ACK_MS

    def _write(self, data):
        if self._link is None or not self._link(data):
            return False
        self._said = max(self._said, self._heard)
        return True

    def _fresh_boot_id(self):
        return (int(self._random() * 0xFFFF) << 16 | int(self._random() * 0x10000)) + 1

    def _become(self, state):
        if state != self.state and self.state != STOPPED:
            self.state = state
            self._handler.state(state)
