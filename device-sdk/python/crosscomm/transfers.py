"""One file on its way, up or down (SPEC.md, section 17)."""

from binascii import crc32

from .platform import MICROPYTHON, ticks
from .times import Repeater

_CHUNK = 512 if MICROPYTHON else 8192
# The head of a chunk.
_CHUNK_HEAD, _GAP_MS = 15, 100
_OK, _TIMEOUT, _WRONG_CONTENT, _CANCELLED = 0, 21, 25, 26


class Sender:
    """A file up."""

    def __init__(self, files, number, source, about, done):
        self.number = number
        self.repeater = Repeater()
        self._files = files
        self._about = about
        self._done = done
        self._own = isinstance(source, str)
        if self._own:
            source = open(source, "rb")
        elif isinstance(source, (bytes, bytearray)):
            from io import BytesIO

            source = BytesIO(source)
        self._file = source
        self.size = source.seek(0, 2)
        source.seek(0)
        # What was read in order so far, and its checksum.
        self._counted = 0
        self._crc = 0
        self._state = "offering"
        self._wanted = 0
        self._end = 0
        self._sent = 0
        self._went_back = -1

    def online(self):
        self._state = "offering"
        self._again()

    def want(self, offset, count):
        answers = self._state == "offering"
        if not answers and offset < self._wanted:
            return
        end = min(self.size, offset + count)
        repeated = not answers and offset == self._wanted and end <= self._end
        self.repeater.progress(ticks())
        if self._state == "ending" and offset == self.size:
            self._wanted = offset
            return
        if repeated and (count == 0 or self._went_back == offset):
            return
        if repeated:
            self._went_back = offset
        self._sent = offset if repeated or answers else max(self._sent, offset)
        self._wanted = offset
        self._end = end
        self._state = "sending"
        self._send()

    def poll(self, now):
        if self.repeater.is_due(now):
            if self.repeater.is_over:
                self._files.session.send([20, self.number])
                self.end(_TIMEOUT, None)
                return
            self._again()
        if self._state == "sending":
            self._send()

    def end(self, code, key):
        if self._state == "over":
            return
        self._state = "over"
        self.repeater.idle()
        if self._own:
            self._file.close()
        self._files.ended(self)
        if self._done:
            self._done(code, key)

    def _again(self):
        if self._state == "offering" or (self._state == "sending" and self._end <= self._wanted < self.size):
            name, kind, to = self._about
            if self._files.session.send([16, self.number, name, self.size, kind or None, to]):
                self.repeater.start(ticks())
        elif self._state != "over":
            self._sent = self._wanted
            self._state = "sending"
            self._send()

    def _send(self):
        room = min(_CHUNK, self._files.session.limits[0] - _CHUNK_HEAD)
        for _ in range(8):
            if self._sent >= self._end:
                break
            content = self._read(self._sent, min(room, self._end - self._sent))
            if not content:
                # It became shorter.
                self._files.session.send([20, self.number])
                self.end(_WRONG_CONTENT, None)
                return
            if not self._files.session.send([18, self.number, self._sent, content]):
                return
            self._sent += len(content)
        if self._sent == self.size and self._wanted <= self.size and self._end == self.size:
            while self._counted < self.size:
                if not self._read(self._counted, min(room, self.size - self._counted)):
                    return
            self._state = "ending"
            self._files.session.send([19, self.number, self.size, self._crc])

    def _read(self, offset, length):
        while self._counted < offset:
            # What the gateway has from an earlier try counts into the checksum too.
            self._file.seek(self._counted)
            content = self._file.read(min(_CHUNK, offset - self._counted))
            if not content:
                return b""
            self._count(content, self._counted)
        self._file.seek(offset)
        content = self._file.read(length)
        self._count(content, offset)
        return content

    def _count(self, content, offset):
        if offset == self._counted:
            self._crc = crc32(content, self._crc)
            self._counted += len(content)


class Receiver:
    """A file down."""

    def __init__(self, files, offer, target, done):
        self.number = offer.number
        self.repeater = Repeater()
        self._files = files
        self._offer = offer
        self._done = done
        self._own = isinstance(target, str)
        self._content = bytearray() if target is None else None
        self._file = open(target, "wb") if self._own else target
        self._at = 0
        self._crc = 0
        self._wanted = -1
        self._end = 0
        self._gap = (-1, 0)
        self._over = False
        # Half of it is wanted again when half of it came.
        self._window = max(1, files.session.max_frame - _CHUNK_HEAD) * 4

    def is_of(self, offer):
        return offer.size == self._offer.size and offer.crc == self._offer.crc

    def online(self):
        if self._offer.size == 0:
            self._finish()
        else:
            self._want()

    def poll(self, now):
        if not self.repeater.is_due(now):
            return
        if self.repeater.is_over:
            self._files.deliver([20, self.number, _TIMEOUT])
            self.end(_TIMEOUT)
        else:
            self._want_again()

    def chunk(self, offset, content):
        if offset != self._at:
            if offset > self._at:
                self._missed()
            return
        if offset + len(content) > self._offer.size:
            self._cancel(_WRONG_CONTENT)
            return
        self.repeater.progress(ticks())
        self._crc = crc32(content, self._crc)
        if self._content is not None:
            self._content.extend(content)
        else:
            try:
                self._file.write(content)
            except OSError:
                self._cancel(_CANCELLED)
                return
        self._at += len(content)
        end = min(self._offer.size, self._at + self._window)
        if self._at == self._offer.size:
            self._finish()
        elif end - self._end >= self._window // 2 or (end > self._end and end == self._offer.size):
            self._want()

    def end(self, code):
        if self._over:
            return
        self._over = True
        self.repeater.idle()
        self._files.let_go(self)
        if self._own:
            self._file.close()
        if self._done:
            self._done(code, bytes(self._content) if code == _OK and self._content is not None else None)

    def _finish(self):
        if self._offer.crc is not None and self._crc != self._offer.crc:
            self._cancel(_WRONG_CONTENT)
            return
        self._files.deliver([19, self.number])
        self.end(_OK)

    def _cancel(self, code):
        self._files.deliver([20, self.number, code])
        self.end(code)

    def _want(self):
        self._wanted = self._at
        self._end = min(self._offer.size, self._at + self._window)
        self._files.session.send([17, self.number, self._at, self._end - self._at])
        self.repeater.start(ticks())

    def _missed(self):
        now = ticks()
        if self._gap[0] != self._at or now - self._gap[1] >= _GAP_MS:
            self._gap = (self._at, now)
            self._want_again()

    def _want_again(self):
        # Twice the same makes the gateway go back.
        if self._wanted != self._at:
            self._want()
        self._want()
