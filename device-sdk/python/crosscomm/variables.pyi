from typing import Any, Callable, Optional

class Variable:
    changed: Optional[Callable[[Any], Any]]
    value: Any
