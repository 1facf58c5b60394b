"""Maps that go without their keys (SPEC.md, section 7). Loaded where a program gives a channel a shape."""


class Shapes:
    """Of one session: channel to [keys, whether the gateway takes them, None where it has not said so]."""

    def __init__(self):
        self._shapes = {}

    def add(self, channel, keys):
        self._shapes[channel] = [list(keys), None]

    def keys(self, channel):
        shape = self._shapes.get(channel)
        return shape and shape[0]

    def confirm(self, channel, flags):
        if channel in self._shapes:
            self._shapes[channel][1] = bool((flags or 0) & 2)

    def restart(self):
        """A new session knows nothing."""
        for shape in self._shapes.values():
            shape[1] = None

    def is_array(self, channel, value):
        """Whether a value would be read as those of a map where it went by the channel's number."""
        return isinstance(value, list) and channel in self._shapes

    def pack(self, channel, value):
        """What a map is on its way now: its values alone where the gateway takes the shape of the channel."""
        keys, takes = self._shapes.get(channel, (None, None))
        if not takes or not isinstance(value, dict) or len(value) > len(keys):
            return value
        keys = keys[: len(value)]
        return [value[key] for key in keys] if all(key in value for key in keys) else value

    def unpack(self, channel, value):
        """The value of a message that came by the channel's number, with its keys."""
        keys, takes = self._shapes.get(channel, (None, False))
        if takes is False or not isinstance(value, list) or len(value) > len(keys):
            return value
        return dict(zip(keys, value))
