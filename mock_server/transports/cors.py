"""CORS of one backend: exact origins, with credentials."""

from collections.abc import Iterable, Mapping
from typing import Any

Headers = list[tuple[bytes, bytes]]
EXPOSED = (
    "Understudy-Violations",
    "Preference-Applied",
    "Retry-After",
    "X-Trace-ID",
    "Location",
    "Link",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
)
KEPT = b"600"


class Cors:
    """The origins that may call a backend from a browser."""

    def __init__(self, settings: Mapping[str, Any] | None) -> None:
        given = settings or {}
        self.any = not given
        self.origins = frozenset(str(origin).encode() for origin in given.get("origins", ()))
        self.credentials = bool(given.get("credentials", True))
        self.exposed = ", ".join((*EXPOSED, *(name for name in given.get("expose", ()) if name not in EXPOSED))).encode()

    def allows(self, origin: bytes) -> bool:
        """Whether a page of an origin may call."""
        return self.any or origin in self.origins

    def headers(self, origin: bytes) -> Headers:
        """What an answer to a page of an origin carries."""
        if not self.allows(origin):
            return [(b"vary", b"Origin")]
        found: Headers = [(b"access-control-allow-origin", origin), (b"vary", b"Origin"), (b"access-control-expose-headers", self.exposed)]
        return [*found, (b"access-control-allow-credentials", b"true")] if self.credentials else found

    def preflight(self, origin: bytes, methods: Iterable[str], wanted: bytes | None) -> Headers:
        """What the answer to a preflight carries: the path's methods, and the headers that were asked for."""
        if not self.allows(origin):
            return [(b"vary", b"Origin")]
        found = [(b"access-control-allow-origin", origin), (b"vary", b"Origin, Access-Control-Request-Headers")]
        found += [(b"access-control-allow-methods", ", ".join(methods).encode()), (b"access-control-max-age", KEPT)]
        found += [(b"access-control-allow-headers", wanted)] if wanted else []
        return [*found, (b"access-control-allow-credentials", b"true")] if self.credentials else found
