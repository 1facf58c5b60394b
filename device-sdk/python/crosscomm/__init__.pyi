from .client import Client as Client
from .client import connect as connect
from .errors import CrossCommError as CrossCommError
from .errors import Receipt as Receipt
from .message import Message as Message

__version__: str
