"""A call that must be run again: what it looked at was changed by another process before it could commit."""

__all__ = ["Again", "Unavailable"]


class Again(Exception):  # noqa: N818 - no error: it ends one try of a call
    """Others came in between; nothing was written."""


class Unavailable(Exception):  # noqa: N818 - a state of what is behind the store
    """State can't be reached now; its text says how."""
