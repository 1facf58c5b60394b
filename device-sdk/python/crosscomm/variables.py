"""Values that all who name them share (SPEC.md, section 18)."""

from .platform import ticks
from .times import Repeater


class Variable:
    """
    A field of the messages of a channel: `variable.value = 3` tells all others, and what they say is `variable.value` here. `changed(value)` is called
    for what others say. With `keep` the gateway keeps it, also over restarts: until its answer, nothing of this side is sent.
    """

    def __init__(self, client, session, channel, key, value, keep):
        self.changed = None
        self._client = client
        self._session = session
        self._channel = channel
        self._key = key
        self._value = value
        self._is_set = False
        self._keep = keep
        self._is_answered = not keep
        self._was_answered = False
        self._repeater = Repeater()
        client.subscribe(channel, _ignore)
        if keep and client.is_online:
            self.online(True)

    @property
    def value(self):
        return self._value

    @value.setter
    def value(self, value):
        self._value = value
        self._is_set = True
        self._tell()

    def came(self, value):
        """Another client set it."""
        self._value = value
        self._is_set = False
        if self.changed:
            self.changed(value)

    def answered(self, frame):
        """The gateway says what it keeps of a channel, None for nothing."""
        if frame[0] != 24 or frame[1] != self._channel or self._key not in frame[2]:
            return
        value = frame[2][self._key]
        first = not self._was_answered
        self._is_answered = self._was_answered = True
        self._repeater.idle()
        if value is not None and (first or not self._is_set):
            self.came(value)
        self._tell()

    def online(self, is_new):
        if self._keep and is_new:
            self._is_answered = False
            self._ask()

    def poll(self, now):
        if self._is_answered or not self._client.is_online or not self._repeater.is_due(now):
            return
        if self._repeater.is_over:
            # A gateway that knows no kept values says nothing.
            self._is_answered = True
            self._tell()
        else:
            self._ask()

    def _ask(self):
        self._session.send([24, self._channel, [self._key]])
        self._repeater.start(ticks())

    def _tell(self):
        if self._is_set and self._is_answered:
            self._client.send(self._channel, {self._key: self._value}, self._told)

    def _told(self, receipt):
        if receipt.accepted:
            self._is_set = False


def _ignore(value, message):
    pass
