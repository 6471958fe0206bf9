"""Who may steer: callers by this machine's own names, or with the token; of pages, those of the backend's own origins."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

from mock_server.engine.problem import Problem, Violation
from mock_server.engine.validation import cookies_of_header

LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "testserver"})
COOKIE = "understudy_admin"


@dataclass(frozen=True, slots=True)
class Admission:
    """The rules of one process. token: asked for where the mock listens on more than the loopback address; origins: further pages that may steer."""

    token: str | None = None
    origins: frozenset[str] = frozenset()

    def admit(self, headers: Mapping[str, str], own: Iterable[str], token: str | None = None) -> None:
        """Raises Problem for a caller that may not. own: the backend's origins; token: one that the query brought."""
        host = headers.get("host", "")
        origin = headers.get("origin")
        if origin is not None and not self.allows(origin, host, own):
            raise Problem(403, None, f"Pages of {origin} may not steer this mock. Start it with --admin-origin {origin} if they should.")
        if self.token is None:
            if not is_local(host):
                raise Problem(403, None, f"The control API answers to this machine's own names, not to '{host}': call it by localhost.")
        elif not self._is_good(token or _bearer(headers) or cookies_of_header(headers.get("cookie", "")).get(COOKIE, "")):
            said = Violation("/header/authorization", "token", "The token that was printed at start is missing or wrong")
            raise Problem(401, None, f"{said.message}. Send it as 'Authorization: Bearer TOKEN'.", violations=(said,), headers={"WWW-Authenticate": "Bearer"})

    def _is_good(self, token: str) -> bool:
        return compare_digest(token.encode(), (self.token or "").encode())

    def allows(self, origin: str, host: str, own: Iterable[str]) -> bool:
        """Whether a page may steer: of the backend's own origins or the given ones, of this very address, or of this machine where the backend has none."""
        mine = list(own)
        if origin in self.origins or origin in mine or urlsplit(origin).netloc == host:
            return True
        return not mine and is_local(urlsplit(origin).netloc)


def is_local(host: str) -> bool:
    """Whether a Host header names this machine as itself; any other name may have been made to lead here."""
    name = re.sub(r":\d*$", "", host.lower()) if not host.startswith("[") else re.sub(r"^\[(.*?)\](:\d*)?$", r"\1", host)
    return name in LOCAL or name.endswith(".localhost")


def _bearer(headers: Mapping[str, str]) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def own_origins(settings: Mapping[str, Any]) -> list[str]:
    """The origins that a backend's front end has."""
    return [str(origin) for origin in (settings.get("cors") or {}).get("origins", ())]
