"""What goes up at least once (SPEC.md, sections 5 and 6): each frame has a number, and is kept until the gateway has it."""

from .codec import encode, head

_LAST_SEQ = 0xFFFFFFFF
# What a waiting frame costs beside its bytes, and the longest that is put around one.
_OVERHEAD = 48
_ENVELOPE = 7
# After so many times a frame that the gateway cannot read is given up.
_MAX_UNREADABLE = 3
_QUEUE_FULL, _TOO_LARGE, _MALFORMED = 19, 3, 2


class Entry:
    """A frame that waits. `before` is None where it was given up."""

    def __init__(self, before, to, after, settle):
        self.before = before
        self.to = to
        self.after = after
        self.settle = settle
        self.code = 0
        self.unreadable = 0
        self.cost = len(before) + len(after) + (len(to) if to else 0) + _OVERHEAD

    def done(self, code, delivered):
        settle = self.settle
        self.settle = None
        if settle:
            settle(code, delivered)


class Outbox:
    """Bounded by `max_bytes`; one frame always fits. `names.number(channel)` gives the number of a channel, or its name."""

    def __init__(self, max_bytes, names):
        self._max_bytes = max_bytes
        self._names = names
        # The first `_under_way` of them were sent by this link.
        self._queue = []
        self._lengths = []
        self._under_way = 0
        self._window = 0
        self._bytes = 0
        self._acknowledged = 0
        self.highest_sent = 0
        self._hinted = -1

    @property
    def first_seq(self):
        """The lowest number that may still be sent."""
        return self._acknowledged + 1

    @property
    def size(self):
        """How many frames are not acknowledged."""
        return len(self._queue)

    @property
    def is_used_up(self):
        return self._acknowledged == _LAST_SEQ

    def add(self, before, to, after, settle, max_frame):
        """The entry and 0, or None and why it cannot be."""
        entry = Entry(before, to, after, settle)
        if entry.cost - _OVERHEAD + 2 * _ENVELOPE > max_frame:
            return None, _TOO_LARGE
        if self._queue and self._bytes + entry.cost > self._max_bytes:
            return None, _QUEUE_FULL
        self._queue.append(entry)
        self._bytes += entry.cost
        return entry, 0

    def pump(self, window, write):
        """Sends what the window and the link allow."""
        while self._under_way < len(self._queue):
            seq = self._acknowledged + self._under_way + 1
            if seq > _LAST_SEQ:
                return
            unit = self._unit(seq, self._queue[self._under_way])
            if self._under_way > 0 and self._window + len(unit) > window:
                return
            if not write(unit):
                return
            self._lengths.append(len(unit))
            self._window += len(unit)
            self._under_way += 1
            self.highest_sent = max(self.highest_sent, seq)

    def acknowledge(self, seq):
        """What an Ack says: `progress`, `hint` (the next one was lost), `nothing` or `unfitting`."""
        if seq > self.highest_sent:
            return "unfitting"
        count = seq - self._acknowledged
        if count > 0:
            self._hinted = -1
            gone = self._queue[:count]
            self._window -= sum(self._lengths[:count])
            self._queue = self._queue[count:]
            self._lengths = self._lengths[count:]
            self._acknowledged = seq
            self._under_way = max(0, self._under_way - count)
            for entry in gone:
                self._bytes -= entry.cost
            for entry in gone:
                entry.done(entry.code, None if entry.code == 0 else 0)
            return "progress"
        if count < 0 or self._under_way == 0 or self._hinted == seq:
            return "nothing"
        self._hinted = seq
        return "hint"

    def receipt(self, seq, code, delivered):
        entry = self._at(seq)
        if entry:
            entry.done(code, delivered)

    def refuse(self, seq, code):
        """The gateway cannot do what this number says. It acknowledges it all the same, unless it cannot even read it."""
        entry = self._at(seq)
        if entry is None:
            return
        entry.code = code
        if code in (_MALFORMED, _TOO_LARGE):
            entry.unreadable += 1
            if entry.unreadable >= _MAX_UNREADABLE:
                self.give_up(entry, code)

    def limit(self, max_frame, code):
        """Gives up what is longer than the gateway takes."""
        for entry in self._queue:
            if entry.before is not None and entry.cost - _OVERHEAD + 2 * _ENVELOPE > max_frame:
                self.give_up(entry, code)

    def give_up(self, entry, code):
        """Sends the number without a frame, as no number may be left out."""
        if entry not in self._queue:
            return
        self.rewind()
        self._bytes -= entry.cost - _OVERHEAD
        entry.cost = _OVERHEAD
        entry.before = entry.to = entry.after = None
        entry.done(code, 0)

    def rewind(self):
        """What was under way has to be sent again."""
        self._under_way = 0
        self._lengths = []
        self._window = 0

    def renumber(self):
        """A new boot id: what waits gets new numbers from 1."""
        self.rewind()
        self._acknowledged = 0
        self.highest_sent = 0
        self._hinted = -1

    def drop(self, code):
        """Forgets everything."""
        gone = self._queue
        self.rewind()
        self._queue = []
        self._bytes = 0
        for entry in gone:
            entry.done(code, None)

    def _at(self, seq):
        index = seq - self._acknowledged - 1
        return self._queue[index] if 0 <= index < len(self._queue) else None

    def _unit(self, seq, entry):
        """`[9, seq, frame]`."""
        out = bytearray(b"\x83\x09")
        head(out, 0, seq)
        if entry.before is None:
            out.append(0xF6)
        else:
            out.extend(entry.before)
            if entry.to is not None:
                out.extend(encode(self._names.number(entry.to)))
            out.extend(entry.after)
        return bytes(out)
