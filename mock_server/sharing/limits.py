"""What is counted and spent over all processes: calls against rate limits, and tokens."""

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from mock_server.engine.again import Unavailable
from mock_server.sharing.entries import Entry
from mock_server.state.throttle import Allowance, Throttle
from mock_server.state.tokens import CACHE, TokenError, Tokens
from understudy.wire import jsons
from understudy.wire.chance import fresh_seed

if TYPE_CHECKING:
    from mock_server.sharing.share import Share

__all__ = ["SharedThrottle", "SharedTokens"]

SLACK = 60_000  # milliseconds that a count is kept after its window
LONGEST = 86_400_000  # the same for one that was brought back, whose window nobody knows


class SharedThrottle(Throttle):
    """The calls of all processes, by what is counted."""

    def __init__(self, share: "Share") -> None:
        super().__init__()
        self.share = share

    def count(self, key: Any, limit: int, window: float, now: float) -> Allowance:
        """Counts a call at an instant, unless the limit is reached; one that is tried again counts once. Raises Unavailable."""
        name = self._name(key)
        return self.share.once(name, partial(self._count, name, limit, window, now))

    def _count(self, name: str, limit: int, window: float, now: float) -> Allowance:
        full, calls, first = self.share.link.run("count", [name, self.share.key("serial")], [limit, window, repr(now), int(window * 1000) + SLACK])
        reset = max(1, math.ceil(float(first) + window - now))
        return Allowance(limit, limit - int(calls), reset if full else 0, reset)

    def _name(self, key: Any) -> str:
        return self.share.key("calls", jsons.dumps(key, str).decode())

    def _names(self, client: Any) -> list[bytes]:
        return list(client.scan_iter(match=self.share.pattern("calls"), count=1000))

    def clear(self) -> None:
        """Nothing was counted, in any process. Raises Unavailable."""
        super().clear()
        with self.share.link.asking() as client:
            for name in self._names(client):
                client.unlink(name)

    def kept(self) -> dict[Any, tuple[float, ...]]:
        """What was counted in all processes; nothing while Redis is gone, for then rows can still be saved."""
        with suppress(Unavailable):
            return self._kept()
        return {}

    def _kept(self) -> dict[Any, tuple[float, ...]]:
        with self.share.link.asking() as client:
            names = self._names(client)
            with client.pipeline(transaction=False) as pipe:
                for name in names:
                    pipe.zrange(name, 0, -1, withscores=True)
                found = pipe.execute()
        start = len(self._name(()).encode()) - len("[]")
        return {tuple(jsons.loads(name[start:])): tuple(at for _, at in calls) for name, calls in zip(names, found, strict=True) if calls}

    def replace(self, calls: Mapping[Any, Iterable[float]]) -> None:
        """This was counted, and nothing else. Raises Unavailable."""
        self.clear()
        with self.share.link.asking() as client, client.pipeline(transaction=False) as pipe:
            for key, instants in calls.items():
                name = self._name(key)
                pipe.zadd(name, {f"{number}.{fresh_seed()[:12]}": at for number, at in enumerate(instants)})
                pipe.pexpire(name, LONGEST)
            pipe.execute()


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
