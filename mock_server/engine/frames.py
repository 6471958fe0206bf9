"""Messages on their way out."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Frame:
    """One message. data: its payload as JSON, b"" for none; encoded: what transports made of it, each once for all who get it."""

    name: str
    data: bytes
    encoded: dict[Any, Any] = field(default_factory=dict)
