"""The numbers that stand for channels (SPEC.md, section 7)."""

_OK = 0


class Names:
    """They are declared in each session anew, and used from then on."""

    def __init__(self):
        # Channel to [alias, subscribes, 0 undeclared or 1 declared or 2 confirmed, settle].
        self._entries = {}
        self._channels = {}
        # Numbers that the gateway is to free, and whether it was told so by this link.
        self._leaving = {}
        # Those of shapes.py, where there are any.
        self.shapes = None

    @property
    def is_waiting(self):
        return bool(self._leaving) or any(entry[2] < 2 for entry in self._entries.values())

    def shape(self, channel, keys):
        """The keys of the maps that a channel mostly carries."""
        if self.shapes is None:
            from .shapes import Shapes

            self.shapes = Shapes()
        self.shapes.add(channel, keys)

    def channel(self, alias):
        """The channel of a number, None where it has none any more."""
        return self._channels.get(alias)

    def is_subscribed(self, channel):
        entry = self._entries.get(channel)
        return entry is not None and entry[1]

    def number(self, name):
        """The declared number of a channel, else its name."""
        entry = self._entries.get(name)
        return name if entry is None or entry[2] == 0 else entry[0]

    def declare(self, channel, subscribes, settle):
        """`settle(code)` is told once whether the gateway took it."""
        entry = self._entries.get(channel)
        if entry is None:
            alias = 0
            while alias in self._channels or alias in self._leaving:
                alias += 1
            self._entries[channel] = [alias, subscribes, 0, settle]
            self._channels[alias] = channel
            return
        if subscribes:
            entry[1] = True
        entry[2] = 0
        entry[3] = settle

    def free(self, channel):
        """Ends a subscription. False: there is none."""
        entry = self._entries.pop(channel, None)
        if entry is None:
            return False
        del self._channels[entry[0]]
        self._leaving[entry[0]] = False
        return True

    def pump(self, send):
        """Sends what was not declared by this link. False: the link is full."""
        for alias in list(self._leaving):
            if not self._leaving[alias]:
                if not send([7, alias]):
                    return False
                self._leaving[alias] = True
        for channel, entry in self._entries.items():
            if entry[2] == 0:
                if not send([6, entry[0], channel, 1 if entry[1] else None, self.shapes and self.shapes.keys(channel)]):
                    return False
                entry[2] = 1
        return True

    def again(self):
        """What was declared and not confirmed has to be declared again."""
        self._undeclare(1)

    def restart(self):
        """A new session knows nothing."""
        self._leaving = {}
        self._undeclare(2)
        if self.shapes:
            self.shapes.restart()

    def confirm(self, kind, alias, flags):
        if kind == 7:
            self._leaving.pop(alias, None)
            return
        entry = self._entries.get(self._channels.get(alias))
        if entry is not None and entry[2] == 1:
            entry[2] = 2
            if self.shapes:
                self.shapes.confirm(self._channels[alias], flags)
            _settle(entry, _OK)

    def miss(self, alias):
        """The gateway does not know a number."""
        entry = self._entries.get(self._channels.get(alias))
        if entry is not None:
            entry[2] = 0

    def refuse(self, alias, code):
        channel = self._channels.pop(alias, None)
        if channel is not None:
            _settle(self._entries.pop(channel), code)

    def drop(self, code):
        for entry in self._entries.values():
            _settle(entry, code)

    def _undeclare(self, upto):
        for alias in self._leaving:
            self._leaving[alias] = False
        for entry in self._entries.values():
            if entry[2] <= upto:
                entry[2] = 0


def _settle(entry, code):
    settle = entry[3]
    entry[3] = None
    if settle:
        settle(code)
