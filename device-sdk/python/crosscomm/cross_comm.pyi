from dataclasses import dataclass
from enum import Enum
from typing import Any, Callable, Dict, List, Optional, TypeVar

from .errors import Receipt

class CommMsgType(Enum):
    TEXT = "text"
    JSON = "json"
    DICT = "dict"
    BYTES = "bytes"
    IMAGE = "image"
    FILE = "file"
    FOLDER = "folder"
    HEARTBEAT = "heartbeat"
    LOGIN = "login"
    LOGOUT = "logout"
    LIST_CLIENTS = "list_clients"
    LIST_CLIENTS_RESPONSE = "list_clients_response"
    LOGIN_RESPONSE = "login_response"

@dataclass
class Message:
    msg_id: str
    from_client_id: str
    to_client_id: str
    msg_type: CommMsgType
    content: Any
    timestamp: float
    oss_key: Optional[str] = None
    def to_dict(self) -> Dict[str, Any]: ...
    @classmethod
    def from_dict(cls, data: Dict[str, Any]) -> Message: ...

_L = TypeVar("_L", bound=Callable[[Message], Any])

class CrossCommService:
    role: str
    ip: str
    port: int
    client_id: str
    heartbeat_interval: int
    heartbeat_timeout: int
    message_handlers: List[Dict[str, Any]]
    def __init__(
        self,
        role: str,
        ip: str = "0.0.0.0",
        port: int = 9898,
        client_id: Optional[str] = None,
        heartbeat_interval: int = 30,
        heartbeat_timeout: int = 60,
        ca: Optional[str] = None,
        log: Callable[[str], Any] = ...,
    ) -> None: ...
    @property
    def is_connected(self) -> bool: ...
    async def login(self) -> bool: ...
    async def logout(self) -> None: ...
    def stop(self) -> None: ...
    async def send_message(self, content: Any, msg_type: CommMsgType, to_client_id: str = "all") -> bool: ...
    async def deliver(self, content: Any, msg_type: CommMsgType, to_client_id: str = "all") -> Receipt: ...
    async def list_clients(self, only_show_online: bool = True, timeout: float = 5.0) -> Optional[Dict[str, Any]]: ...
    def message_listener(
        self,
        msg_type: Optional[CommMsgType] = None,
        from_client_id: Optional[str] = None,
        download_directory: Optional[str] = None,
    ) -> Callable[[_L], _L]: ...
    def download_file_manually(self, oss_key: str, save_directory: str) -> bool: ...
    async def start_server(self) -> None: ...
    def get_online_clients(self) -> List[str]: ...
