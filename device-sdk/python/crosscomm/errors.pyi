from typing import List, Optional

NAMES: List[str]

def name_of(code: int) -> str: ...

class CrossCommError(Exception):
    code: str
    def __init__(self, code: str, text: str = "") -> None: ...

class Receipt:
    accepted: bool
    delivered: Optional[int]
    reason: Optional[str]
    def __init__(self, code: int, delivered: Optional[int]) -> None: ...
