"""A client of a CrossComm gateway for MicroPython and CPython. See connect and Client."""

from .client import Client, connect
from .errors import CrossCommError, Receipt
from .message import Message

__version__ = "0.1.0"
__all__ = ("Client", "CrossCommError", "Message", "Receipt", "connect")
