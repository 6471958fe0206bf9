"""Tokens that a target must refuse, made of a good one."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

__all__ = ["claims_of", "forgeries", "is_jwt"]


def is_jwt(token: str) -> bool:
    """Whether a token is a JWT that can be read."""
    return claims_of(token) is not None


def claims_of(token: str) -> dict[str, Any] | None:
    """The claims of a JWT, unverified; None for what is no JWT."""
    try:
        claims = json.loads(_decoded(token.split(".")[1]))
        return claims if isinstance(claims, dict) and len(token.split(".")) == 3 else None
    except (ValueError, IndexError):
        return None


def forgeries(token: str, now: float, other: Any = None) -> Iterator[tuple[str, str]]:
    """What it is, and a token that is not good. other: the key of another account, whose token it pretends to be."""
    yield "garbage", "not-a-token"
    claims = claims_of(token)
    if claims is None:
        yield "altered", token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB")
        return
    head, body, signature = token.split(".")
    changed = {**claims, **({"sub": str(other)} if other is not None else {"sub": f"{claims.get('sub', '')}1"})}
    flipped = signature[:-6] + ("AAAAAA" if not signature.endswith("AAAAAA") else "BBBBBB")
    yield "with another signature", f"{head}.{body}.{flipped}"
    yield "with changed claims", f"{head}.{_part(changed)}.{signature}"
    yield "unsigned (alg none)", f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."
    yield "signed with another key", signed(claims, "a-key-that-is-not-the-server's")
    yield "signed with an empty key", signed(claims, "")
    yield "expired and signed with another key", signed({**claims, "exp": int(now) - 3600}, "secret")


def signed(claims: dict[str, Any], key: str) -> str:
    """A JWT with HS256."""
    text = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
