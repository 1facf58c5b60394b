"""What a handler is told beside the value, and which channels fit a filter."""


class Message:
    """Where a value came from."""

    def __init__(self, channel, sender):
        self.channel = channel
        self.sender = sender


def fits(wanted, channel):
    """Whether a channel fits a topic filter: `+` stands for one level, `#` for all that follow."""
    filters = wanted.split("/")
    levels = channel.split("/")
    for index, part in enumerate(filters):
        if part == "#":
            return True
        if index >= len(levels) or (part != "+" and part != levels[index]):
            return False
    return len(filters) == len(levels)
