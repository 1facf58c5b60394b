"""Sockets and TLS, as CPython and MicroPython both have them."""

import socket

from .platform import MICROPYTHON


def connect(host, port, secure, ca, timeout):
    """A connected socket, and the one below TLS, which is the same without TLS. Raises OSError."""
    found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    problem = OSError("no such host")
    for each in found:
        raw = socket.socket(each[0], socket.SOCK_STREAM)
        try:
            raw.settimeout(timeout)
            raw.connect(each[-1])
            try:
                raw.setsockopt(socket.IPPROTO_TCP, 1, 1)  # TCP_NODELAY
            except (OSError, AttributeError):
                pass
            return (_secure(raw, host, ca) if secure else raw), raw
        except OSError as error:
            raw.close()
            problem = error
    raise problem


def _secure(raw, host, ca):
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    if ca:
        context.load_verify_locations(cadata=ca)
    elif MICROPYTHON:
        raise OSError("wss needs the certificate of the authority: ca=...")
    else:
        context.load_default_certs()
    return context.wrap_socket(raw, server_hostname=host)


def _would_block(error):
    # By name: MicroPython has no such classes.
    return type(error).__name__ in ("BlockingIOError", "SSLWantReadError", "SSLWantWriteError") or error.args[:1] == (11,)


def read_some(sock, size):
    """What came, b"" at the end, None where nothing came. Raises OSError."""
    try:
        return sock.read(size) if MICROPYTHON else sock.recv(size)
    except OSError as error:
        if _would_block(error):
            return None
        raise


def write_some(sock, data):
    """How many bytes were taken, 0 for none now. Raises OSError."""
    try:
        return (sock.write(data) if MICROPYTHON else sock.send(data)) or 0
    except OSError as error:
        if _would_block(error):
            return 0
        raise
