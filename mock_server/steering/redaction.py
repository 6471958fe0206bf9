"""What the log does not show: credentials, passwords, and what a backend's documents call secret."""

import re
from collections.abc import Mapping
from typing import Any

from mock_server.engine.problem import Violation
from understudy.contract.model import Contract

HIDDEN = "[hidden]"
HEADERS = frozenset({"authorization", "cookie", "set-cookie", "x-api-key", "api-key", "proxy-authorization", "stripe-signature"})
PROTOCOL = "sec-websocket-protocol"
NAMES = frozenset({"password", "pass", "passwd", "secret", "token", "access_token", "refresh_token", "accesstoken", "refreshtoken", "apikey", "api_key"})
DEEPEST = 64


class Redaction:
    """What is secret in one backend."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        auth: Mapping[str, Any] = contract.settings.get("auth") or {}
        named = [str(auth.get("password", "password")), *(str((auth.get(use) or {}).get("name", "")) for use in ("access", "refresh"))]
        secret = [field for collection in contract.collections.values() for field in collection.secret]
        self.names = NAMES | {name.lower() for name in (*named, *secret) if name}
        self.headers = HEADERS | {way.name.lower() for operation in contract.operations for way in operation.security if way.where == "header"}

    def value(self, value: Any, depth: int = 0) -> Any:
        """A value with what is secret in it hidden."""
        if depth > DEEPEST:
            return "..."
        if isinstance(value, dict):
            return {name: HIDDEN if self._is_secret(name, item) else self.value(item, depth + 1) for name, item in value.items()}
        return [self.value(item, depth + 1) for item in value] if isinstance(value, list) else value

    def _is_secret(self, name: Any, value: Any) -> bool:
        return isinstance(name, str) and name.lower() in self.names and isinstance(value, str | list | dict) and bool(value)

    def text(self, text: str) -> str:
        """A text that was meant to be JSON."""
        return re.sub(rf'("(?:{"|".join(map(re.escape, sorted(self.names)))})"\s*:\s*)"(?:[^"\\]|\\.)*"?', rf'\1"{HIDDEN}"', text, flags=re.IGNORECASE)

    def violation(self, item: Violation) -> dict[str, Any]:
        """What is wrong with a field, without the value of a secret one."""
        told = item.as_json()
        return {**told, "got": HIDDEN} if "got" in told and item.pointer.rpartition("/")[2].lower() in self.names else told

    def header(self, name: str, value: str) -> str:
        """A header's value; of a credential only its kind."""
        if name == "set-cookie":
            return re.sub(r"^([^=;]*=)[^;]*", rf"\1{HIDDEN}", value)
        if name == "cookie":
            return re.sub(r"=[^;]*", f"={HIDDEN}", value)
        if name == PROTOCOL and "," in value:
            return f"{value.partition(',')[0]}, {HIDDEN}"
        if name not in self.headers:
            return value
        kind, space, _ = value.partition(" ")
        return f"{kind} {HIDDEN}" if space else HIDDEN

    def query(self, text: str) -> str:
        """A query string."""
        pairs = (pair.partition("=") for pair in text.split("&")) if text else ()
        return "&".join(f"{name}{equals}{HIDDEN if name.lower() in self.names and value else value}" for name, equals, value in pairs)
