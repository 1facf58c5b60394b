from typing import Optional

class Message:
    channel: str
    sender: Optional[str]
    def __init__(self, channel: str, sender: Optional[str]) -> None: ...

def fits(wanted: str, channel: str) -> bool: ...
