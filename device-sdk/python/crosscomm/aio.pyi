from typing import Any, Optional, Union

from .client import Client, Clients, Stream
from .errors import Receipt
from .files import Source, Target

async def connect(url: Union[str, Stream], client_id: str, **options: Any) -> AsyncClient: ...

class AsyncClient(Client):
    async def start(self) -> None: ...
    async def deliver(self, to: str, value: Any, timeout: Optional[float] = None) -> Receipt: ...  # type: ignore[override]
    async def call(self, to: str, function: str, args: Any = None, timeout: float = 5) -> Any: ...
    async def clients(self, online: bool = True, timeout: Optional[float] = None) -> Clients: ...  # type: ignore[override]
    async def put(
        self, source: Source, name: Optional[str] = None, to: Optional[str] = None, kind: str = "file", timeout: float = 60
    ) -> Optional[str]: ...
    async def get(self, key: str, target: Target = None, timeout: float = 60, **image: Any) -> Optional[bytes]: ...
    async def close(self, timeout: float = 2) -> None: ...  # type: ignore[override]
