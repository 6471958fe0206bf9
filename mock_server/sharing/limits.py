"""What is counted and spent over all processes: calls against rate limits, and tokens."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mock_server.sharing.entries import Entry
from mock_server.state.throttle import Allowance, Throttle
from mock_server.state.tokens import CACHE, TokenError, Tokens
from understudy.wire import jsons

if TYPE_CHECKING:
    from mock_server.sharing.share import Share

__all__ = ["SharedThrottle", "SharedTokens"]

SLACK = 60_000  # milliseconds that a count is kept after its window


class SharedThrottle(Throttle):
    """The calls of all processes, by what is counted."""

    def __init__(self, share: "Share") -> None:
        super().__init__()
        self.share = share

    def count(self, key: Any, limit: int, window: float, now: float) -> Allowance:
        """Counts a call at an instant, unless the limit is reached. Raises Unavailable."""
        name = self.share.key("calls", jsons.dumps(key, str).decode())
        full, calls, first = self.share.link.run("count", [name, self.share.key("serial")], [limit, window, repr(now), int(window * 1000) + SLACK])
        reset = max(1, math.ceil(float(first) + window - now))
        return Allowance(limit, limit - int(calls), reset if full else 0, reset)

    def clear(self) -> None:
        """Nothing was counted, in any process. Raises Unavailable."""
        super().clear()
        with self.share.link.asking() as client:
            for name in client.scan_iter(match=self.share.key("calls", "*"), count=1000):
                client.unlink(name)


class SharedTokens(Tokens):
    """Tokens that are good, and revoked, in all processes."""

    def __init__(self, share: "Share", key: str) -> None:
        super().__init__(key)
        self.share = share

    def revoke(self, claims: Mapping[str, Any], now: float) -> None:
        """Makes a token useless from now on. Raises TokenError where another process has done so, Unavailable."""
        keys = [self.share.key(name) for name in ("revoked", "head", "log")]
        entry = Entry(self.share.link.worker, state={"revoke": {claims["jti"]: claims["exp"]}})
        if not self.share.link.run("spend", keys, [claims["jti"], claims["exp"], self.share.most, entry.text, now, CACHE]):
            raise TokenError("the token was revoked or used before")
        super().revoke(claims, now)
