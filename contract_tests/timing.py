"""The one home of real time in the checks: a target's clock is asked for by `Session.now`."""

import time
from datetime import UTC, date, datetime

__all__ = ["now", "stamp", "ticks", "today"]


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def ticks() -> float:
    """Seconds from some moment, for measuring."""
    return time.monotonic()


def stamp() -> str:
    """RFC 3339, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def today() -> date:
    """The day, in UTC."""
    return datetime.now(UTC).date()
