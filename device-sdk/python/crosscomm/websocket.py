"""Frames by WebSocket (RFC 6455): each is one binary message."""

import os
from binascii import b2a_base64

from .errors import CrossCommError
from .links import address
from .platform import wait_for
from .sockets import connect, read_some, write_some

_CONNECT_S = 5
_BINARY, _CLOSE, _PING, _PONG = 2, 8, 9, 10


class WebSocketLink:
    """An open WebSocket. `ca`: the certificate (PEM) of the only authority that is trusted."""

    def __init__(self, rest, secure, ca, max_frame):
        host, port, path = address(rest, 9898)
        self._max = max_frame
        self._in = bytearray()
        self._out = bytearray()
        self._socket, self._raw = connect(host, port, secure, ca, _CONNECT_S)
        try:
            self._upgrade(host, port, path or "/")
        except Exception:
            self.close()
            raise
        self._raw.setblocking(False)

    def write(self, frame):
        """False: what was written before is not gone yet."""
        if self._out and not self._flush():
            return False
        self._send(_BINARY, frame)
        return True

    def read(self):
        """The frames that came. Raises OSError where the connection is gone."""
        if self._out:
            self._flush()
        while True:
            data = read_some(self._socket, 1024)
            if data is None:
                break
            if not data:
                raise OSError("the gateway closed it")
            self._in.extend(data)
            if len(data) < 1024:
                break
        frames = []
        while True:
            message = self._message()
            if message is None:
                return frames
            kind, payload = message
            if kind == _BINARY:
                frames.append(payload)
            elif kind == _PING:
                self._send(_PONG, payload)
            elif kind == _CLOSE:
                raise OSError("the gateway closed it: %s" % payload[2:].decode())

    def wait(self, ms):
        return wait_for(self._raw, ms)

    def close(self):
        self._socket.close()
        if self._raw is not self._socket:
            self._raw.close()

    def _message(self):
        """The next whole message, None where there is none. Longer ones than a frame may be end the connection."""
        data = self._in
        if len(data) < 2:
            return None
        length = data[1] & 127
        start = 2
        if length == 126:
            if len(data) < 4:
                return None
            length = data[2] << 8 | data[3]
            start = 4
        elif length == 127:
            raise OSError("a message is too long")
        if length > max(self._max, 125):
            raise OSError("a message is too long")
        if not data[0] & 0x80 or data[1] & 0x80:
            raise OSError("a message is in parts or masked, which no gateway does")
        if len(data) < start + length:
            return None
        payload = bytes(data[start : start + length])
        kind = data[0] & 15
        self._in = data[start + length :]
        return kind, payload

    def _send(self, kind, payload):
        length = len(payload)
        out = bytearray((0x80 | kind,))
        if length < 126:
            out.append(0x80 | length)
        elif length < 65536:
            out.append(0xFE)
            out.extend(length.to_bytes(2, "big"))
        else:
            out.append(0xFF)
            out.extend(length.to_bytes(8, "big"))
        mask = os.urandom(4)
        out.extend(mask)
        start = len(out)
        out.extend(payload)
        for index in range(length):
            out[start + index] ^= mask[index & 3]
        self._out.extend(out)
        self._flush()

    def _flush(self):
        """Whether nothing is left."""
        while self._out:
            count = write_some(self._socket, self._out)
            if not count:
                return False
            self._out = self._out[count:]
        return True

    def _upgrade(self, host, port, path):
        key = b2a_base64(os.urandom(16)).strip().decode()
        request = (
            "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n"
            % (path, host, port, key)
        )
        self._out.extend(request.encode())
        self._flush()
        answer = bytearray()
        while b"\r\n\r\n" not in answer:
            # One byte at a time: what follows belongs to the first frames.
            data = read_some(self._socket, 1)
            if not data or len(answer) > 2048:
                raise OSError("it answered no WebSocket")
            answer.extend(data)
        status = bytes(answer).split(b"\r\n", 1)[0].decode()
        if " 101" not in status:
            raise CrossCommError("upgrade", "the gateway refused the WebSocket: %s" % status)
