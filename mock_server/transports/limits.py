"""What a connection may take; apart from who sees to it, so that verbs which serve nothing need not bring the web server."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may take. They are the host's and no backend's, for one port may serve several: so they are not in backend.yaml.

    target: bytes of a request target; headers: bytes of all names and values, trailers apart; count: headers; waiting: requests sent ahead;
    head, body, write: seconds until a head is whole, until the next byte of a body, and until something of an answer is taken.
    """

    target: int = 16 << 10
    headers: int = 64 << 10
    count: int = 200
    waiting: int = 256
    head: float = 20.0
    body: float = 60.0
    write: float = 60.0
