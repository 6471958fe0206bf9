"""Durations as people write them."""

from datetime import timedelta

from fixtures import instants
from understudy.contract.errors import UsageError

__all__ = ["Duration", "seconds"]

Duration = float | str | timedelta


def seconds(duration: Duration) -> float:
    """The seconds of a number of them, a timedelta, or a text such as 90, 1.5, 500ms, 90s, 5m, 2h or 1d. Raises UsageError."""
    if isinstance(duration, timedelta):
        return duration.total_seconds()
    try:
        return instants.seconds(duration) if isinstance(duration, str) and duration[-1:].isalpha() else float(duration)
    except ValueError:
        raise UsageError(f"'{duration}' is no duration. Valid: seconds such as 90, or 500ms, 90s, 5m, 2h, 1d.") from None
