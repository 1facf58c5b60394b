"""Calls of functions, both ways (SPEC.md, section 8)."""

from .codec import encode, head
from .platform import ticks

_OK, _TOO_LARGE, _NO_FUNCTION, _TIMEOUT, _CALL_FAILED, _OFFLINE = 0, 3, 20, 21, 22, 23


class Calls:
    """The calls of one client that wait for an answer, and the functions that it offers."""

    def __init__(self, session, log):
        self._session = session
        self._log = log
        self._functions = {}
        # Number to [done, until, entry, whether the gateway has it].
        self._open = {}
        self._last = 0

    def offer(self, channel, function, handler):
        self._functions[(channel, function)] = handler

    def open(self, to, function, args, done, ms):
        number = self._last = (self._last + 1) & 0xFFFF
        after = bytearray(encode(function))
        after.extend(encode(args))
        after.append(0xF6)
        head(after, 0, min(ms, 60000))
        before = bytearray((0x87, 14))
        head(before, 0, number)
        call = self._open[number] = [done, ticks() + ms, None, False]

        def settle(code, _):
            if code:
                self.answer(number, code, None, "")
            else:
                call[3] = True

        call[2] = self._session.add(bytes(before), to, bytes(after), settle, ticks())

    def answer(self, number, code, value, text):
        call = self._open.pop(number, None)
        if call is None:
            return
        if code == _TIMEOUT and call[2]:
            self._session.outbox.give_up(call[2], code)
        call[0](code, value, text)

    def poll(self, now):
        for number in [each for each in self._open if now >= self._open[each][1]]:
            self.answer(number, _TIMEOUT, None, "")

    def restarted(self):
        """A new session: nobody will answer what the one before was asked."""
        for number in [each for each in self._open if self._open[each][3]]:
            self.answer(number, _OFFLINE, None, "")

    def called(self, number, channel, function, args, sender):
        """`channel`: the one by which it was called, "" for the client's own id."""
        handler = self._functions.get((channel or None, function)) or self._functions.get((None, function))
        if handler is None:
            # In a channel another client may offer it.
            if not channel:
                self._reply(number, None, _NO_FUNCTION, "")
            return
        try:
            answer = encode(handler(args, sender))
        except Exception as error:
            self._log("crosscomm: the function %s failed: %s" % (function, error))
            self._reply(number, None, _CALL_FAILED, str(error))
            return
        self._reply(number, answer, _OK, "")

    def _reply(self, number, answer, code, text):
        out = bytearray((0x85 if code else 0x83, 15))
        head(out, 0, number)
        out.extend(b"\xf6" if answer is None else answer)
        if code:
            head(out, 0, code)
            out.extend(encode(text))
        if self._session.add(bytes(out), None, b"", None, ticks()) is None and code == _OK:
            self._reply(number, None, _TOO_LARGE, "")
