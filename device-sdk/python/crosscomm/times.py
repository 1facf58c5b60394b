"""When what was not answered is sent again (SPEC.md, section 10)."""

_FIRST_MS, _MAX_MS, _MAX_COUNT = 500, 8000, 8


class Repeater:
    """After half a second without progress, then after twice as long each time."""

    def __init__(self):
        self._wait = _FIRST_MS
        self._due = None
        self._count = 0

    @property
    def is_over(self):
        """Whether it was repeated often enough."""
        return self._count > _MAX_COUNT

    def start(self, now):
        """Something is under way; changes nothing where something was already."""
        if self._due is None:
            self.progress(now)

    def idle(self):
        """Nothing is under way."""
        self._due = None

    def progress(self, now):
        """Something was answered."""
        self._wait = _FIRST_MS
        self._count = 0
        self._due = now + _FIRST_MS

    def is_due(self, now):
        """Whether it is time to send again; the next time is later."""
        if self._due is None or now < self._due:
            return False
        self._count += 1
        self._wait = min(self._wait * 2, _MAX_MS)
        self._due = now + self._wait
        return True
