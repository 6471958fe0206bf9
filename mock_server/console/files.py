"""What the page loads: scripts and styles, as they lie in `static/`."""

import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources

TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@cache
def contents() -> Mapping[str, bytes]:
    """Every file by its name."""
    return {file.name: file.read_bytes() for file in resources.files("mock_server.console").joinpath("static").iterdir() if kind(file.name) is not None}


@cache
def zipped(name: str) -> bytes:
    """A file as gzip."""
    return gzip.compress(contents()[name], 9, mtime=0)


@cache
def digest() -> str:
    """Names the state of all files together: it stands in their address, so that a browser may keep them for ever, and scripts find each other."""
    whole = b"\0".join(name.encode() + b"\0" + content for name, content in sorted(contents().items()))
    return hashlib.blake2b(whole, digest_size=6).hexdigest()


def scripts() -> list[str]:
    """The modules, to be fetched at once instead of one import after another."""
    return sorted(name for name in contents() if name.endswith(".js") and name != "theme.js")


def kind(name: str) -> str | None:
    """The media type of a file, None for one that is not served."""
    return next((media for suffix, media in TYPES.items() if name.endswith(suffix)), None)
