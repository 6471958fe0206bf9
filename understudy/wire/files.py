"""Files that are written whole or not at all."""

import os
from pathlib import Path

__all__ = ["PRIVATE", "write"]

PRIVATE = 0o600  # state may hold password hashes and signing keys


def write(path: Path, content: bytes) -> None:
    """Writes a file: beside it first, then in its place. Raises OSError; what was there is there still."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
