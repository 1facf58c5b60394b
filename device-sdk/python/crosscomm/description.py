"""What a client says of itself, so that Home Assistant and others show it (SPEC.md, section 21). Loaded where a program does."""

from .platform import ticks
from .times import Repeater


class Description:
    """Told in each session anew, and again until the gateway answers."""

    def __init__(self, client, session, value):
        self._client = client
        self._session = session
        self._value = value
        self._is_answered = False
        self._repeater = Repeater()
        if client.is_online:
            self._tell()

    def online(self, is_new):
        if is_new or not self._is_answered:
            self._is_answered = False
            self._tell()

    def poll(self, now):
        if self._is_answered or not self._client.is_online or not self._repeater.is_due(now):
            return
        if self._repeater.is_over:
            # A gateway that knows no descriptions says nothing.
            self.settle()
        else:
            self._tell()

    def answered(self, frame):
        """The gateway has taken it."""
        if frame[0] == 26:
            self.settle()

    def settle(self):
        """It is told no more in this session."""
        self._is_answered = True
        self._repeater.idle()

    def _tell(self):
        self._session.send([26, self._value])
        self._repeater.start(ticks())
