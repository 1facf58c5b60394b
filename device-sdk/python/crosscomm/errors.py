"""What goes wrong, by name (SPEC.md, section 9)."""

NAMES = (
    "ok version malformed too_large id_invalid id_taken credentials not_allowed not_welcome_yet unknown_alias unknown_key too_many "
    "window_exceeded sequence_gap name_invalid too_fast not_supported internal no_recipient queue_full no_function timeout call_failed offline "
    "no_file wrong_content cancelled storage_full not_an_image"
).split(" ")
_WHAT_TO_DO = {
    "version": "the gateway speaks no version of frames that this client knows: update one of them",
    "id_invalid": "the gateway allows no such client id: choose another",
    "id_taken": "another client with this id is online: choose another id, or end that client",
    "credentials": "account or token are missing or wrong: give the token that `crosscomm account add` shows",
    "too_large": "it is larger than the gateway takes",
    "not_allowed": "the account may not do this",
    "no_recipient": "nobody has this name or hears this channel",
    "queue_full": "too much waits to be sent",
    "no_function": "the client has no such function",
    "timeout": "no answer in time",
}


def name_of(code):
    """The name of a code; `code 99` for one that is not known."""
    return NAMES[code] if code < len(NAMES) else "code %d" % code


class CrossCommError(Exception):
    """`code`: a name such as `not_allowed`; the text says what to do where that is known."""

    def __init__(self, code, text=""):
        super().__init__("%s [%s]" % (text or _WHAT_TO_DO.get(code, "it failed"), code))
        self.code = code


class Receipt:
    """
    What became of a message. `accepted`: the gateway took it. `delivered`: how many recipients have it in their queue, None where the gateway
    did not say. `reason`: why it was not accepted, a name such as `not_allowed`, else None.
    """

    def __init__(self, code, delivered):
        self.accepted = code == 0
        self.delivered = delivered
        self.reason = None if code == 0 else name_of(code)

    def __repr__(self):
        return "Receipt(accepted=%s, delivered=%s, reason=%s)" % (self.accepted, self.delivered, self.reason)
