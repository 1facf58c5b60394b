"""Who is there (SPEC.md, section 3). Loaded where a program asks."""

from .codec import encode
from .platform import ticks


class Lists:
    """What was asked, each once what was asked before has its answer."""

    def __init__(self, session):
        self._session = session
        # Whether of those online alone, and whom to tell.
        self._asked = []
        self._listed = []

    def ask(self, online, done):
        self._asked.append((online, done))
        if len(self._asked) == 1:
            self._ask()

    def restarted(self):
        """A new session was asked for nothing."""
        self._listed = []
        self._ask()

    def came(self, clients, more):
        """A part of the list; `more`: there are others."""
        self._listed += [(item[0], item[1]) for item in clients]
        if not more:
            listed, self._listed = self._listed, []
            if self._asked:
                self._asked.pop(0)[1](listed)
            self._ask()

    def _ask(self):
        if self._asked:
            self._session.add(encode([12] if self._asked[0][0] else [12, False]), None, b"", None, ticks())
