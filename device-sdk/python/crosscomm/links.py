"""Which way a URL means. A link has `write(frame)`, `read()`, which gives the frames that came, `wait(ms)`, and `close()`."""

from .errors import CrossCommError


def open_link(url, client_id, max_frame, token, account, ca):
    """An open link. Raises OSError where there is no connection, CrossCommError where the URL means nothing."""
    if not isinstance(url, str):
        from .serial import SerialLink

        return SerialLink(url, max_frame)
    scheme, found, rest = url.partition(":")
    if found and scheme in ("ws", "wss"):
        from .websocket import WebSocketLink

        return WebSocketLink(rest[2:], scheme == "wss", ca, max_frame)
    if found and scheme == "mqtt":
        from .mqtt import MqttLink

        return MqttLink(rest[2:], client_id, token, account)
    if found and scheme == "serial":
        from .serial import SerialLink, open_port

        return SerialLink(open_port(rest), max_frame)
    raise CrossCommError("url", "%s is no address of a gateway: it begins with ws://, wss://, mqtt:// or serial:" % url)


def address(rest, port):
    """Host, port and path of what follows `//`."""
    host, slash, path = rest.partition("/")
    if host[:1] == "[":
        name, _, after = host[1:].partition("]")
        number = after[1:]
    else:
        name, _, number = host.partition(":")
    return name, int(number) if number else port, slash + path
