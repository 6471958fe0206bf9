"""Access and refresh tokens: HS256 JWTs on the world's clock.

An access token's `sub` is a text; a refresh token has `typ: refresh` and an id that is spent when it is used, so that one
is not accepted in the place of the other.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Literal

import jwt

Use = Literal["access", "refresh"]
CACHE = 4096


class TokenError(Exception):
    """A token that is not good; its text says why, for the log."""


class Tokens:
    """Issues and verifies the tokens of one world. key: its signing key."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.revoked: dict[str, float] = {}
        self.generations: dict[str, int] = {}  # by use: how often all tokens of it were made to expire
        self._verified: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def issue(self, use: Use, subject: str, identity: str, now: float, lifetime: float, claims: Mapping[str, Any] | None = None) -> str:
        """A token. identity: its own id; now and lifetime in seconds."""
        payload = {**(claims or {}), "sub": subject, "jti": identity, "typ": use, "iat": int(now), "exp": int(now + lifetime)}
        if use in self.generations:
            payload["gen"] = self.generations[use]
        return jwt.encode(payload, self.key, algorithm="HS256")

    def verify(self, token: str, use: Use, now: float) -> dict[str, Any]:
        """The claims of a good token; raises TokenError for any other."""
        claims = self._verified.get(token) or self._decode(token)
        if claims["exp"] <= now or (self.generations and claims.get("gen", 0) != self.generations.get(claims["typ"], 0)):
            raise TokenError("the token has expired")
        if claims["typ"] != use:
            raise TokenError(f"this is no {use} token")
        if claims["jti"] in self.revoked:
            raise TokenError("the token was revoked or used before")
        return claims

    def revoke(self, claims: Mapping[str, Any], now: float) -> None:
        """Makes a token useless from now on."""
        self.note(claims["jti"], claims["exp"], now)

    def note(self, identity: str, end: float, now: float) -> None:
        """Remembers that a token was revoked, until it would have ended by itself."""
        if len(self.revoked) > CACHE:
            self.revoked = {other: until for other, until in self.revoked.items() if until > now}
        self.revoked[identity] = end

    def expire(self, use: Use) -> None:
        """Makes all tokens of a use that were issued so far as good as expired."""
        self.generations[use] = self.generations.get(use, 0) + 1

    def _decode(self, token: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self.key, algorithms=["HS256"], options={"verify_exp": False, "verify_iat": False, "require": ["sub", "exp", "jti", "typ"]}
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise TokenError(str(error)) from None
        if not isinstance(claims["exp"], int | float):
            raise TokenError("the token's end is no instant")
        self._verified[token] = claims
        if len(self._verified) > CACHE:
            self._verified.popitem(last=False)
        return claims
