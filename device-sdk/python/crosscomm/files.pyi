from typing import Any, BinaryIO, Callable, Optional, TypeVar, Union

Source = Union[str, bytes, bytearray, BinaryIO]
Target = Union[str, BinaryIO, None]
_H = TypeVar("_H", bound=Callable[["Offer"], Any])

class Offer:
    number: int
    name: str
    size: int
    kind: str
    sender: Optional[str]
    key: Optional[str]
    def save(self, target: Target = None, done: Optional[Callable[[int, Optional[bytes]], Any]] = None) -> None: ...
    def keep(self) -> None: ...
    def decline(self) -> None: ...

class Files:
    def put(
        self, source: Source, name: Optional[str] = None, to: Optional[str] = None, kind: str = "file", timeout: float = 60
    ) -> Optional[str]: ...
    def send(
        self,
        source: Source,
        name: Optional[str] = None,
        to: Optional[str] = None,
        kind: str = "file",
        done: Optional[Callable[[int, Optional[str]], Any]] = None,
    ) -> None: ...
    def get(
        self,
        key: str,
        target: Target = None,
        timeout: float = 60,
        *,
        width: Optional[int] = None,
        height: Optional[int] = None,
        fit: Optional[str] = None,
        format: Optional[str] = None,
    ) -> Optional[bytes]: ...
    def on(self, handler: _H) -> _H: ...
