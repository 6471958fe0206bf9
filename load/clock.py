"""The one home of time in a load run: seconds of a clock that never goes back, the same for all processes of a machine."""

import time
from datetime import UTC, datetime

__all__ = ["now", "stamp"]


def now() -> float:
    """Seconds from some moment."""
    return time.monotonic()


def stamp() -> str:
    """RFC 3339, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
