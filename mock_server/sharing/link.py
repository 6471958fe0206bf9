"""The connection of one process to Redis: its scripts, and what to think when it is gone."""

import contextlib
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mock_server.engine.again import Unavailable
from mock_server.state.clock import wall
from understudy.contract.errors import UsageError
from understudy.wire.chance import fresh_seed

if TYPE_CHECKING:
    from mock_server.engine.engine import Engine

__all__ = ["Link", "Unavailable", "key"]

RESPITE = 0.3  # seconds in which Redis is not asked again after it failed
PATIENCE = 2.0  # seconds that an answer may take; all other calls of the process wait as long
GONE = (redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError, redis.ResponseError, OSError)


def key(engine: "Engine", world: str, *names: str) -> str:
    """A key of a world of an engine."""
    return ":".join((f"understudy:{{{engine.contract.name}:{world}}}", *names))


class Link:
    """One process's way to Redis. worker: a name that no other process has; place: what its name begins with, the same for one that takes its place."""

    def __init__(self, url: str, place: str | None = None) -> None:
        self.url, self.place = url, f"{place or fresh_seed()[:12]}."
        self.worker = self.place + fresh_seed()[:8]
        self._until, self._why = 0.0, ""
        self.client = redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0))
        self._scripts = {name: self.client.register_script(_text(name)) for name in ("clear", "collect", "commit", "count", "load", "spend", "sweep", "tell")}

    def check(self) -> None:
        """Raises UsageError where Redis can't be used."""
        try:
            version = self.client.info("server")["redis_version"]
        except GONE as error:
            hint = "Start one (redis-server), or leave --state out to keep state in the process."
            raise UsageError(f"Nothing answers as Redis at {self.url}: {error}. {hint}") from None
        if int(str(version).split(".")[0]) < 6:
            raise UsageError(f"Redis at {self.url} has version {version}; 6 at least is needed.")

    @contextlib.contextmanager
    def asking(self) -> Iterator[Any]:
        """The client. Raises Unavailable for whatever goes wrong with it, and for a while after that without asking: nobody waits for what hangs."""
        if wall() < self._until:
            raise Unavailable(self._why)
        try:
            yield self.client
        except GONE as error:
            self._until, self._why = wall() + RESPITE, str(error)
            raise Unavailable(self._why) from None

    def run(self, script: str, keys: list[str], arguments: list[Any]) -> Any:
        """What a script gives. Raises Unavailable."""
        with self.asking():
            return self._scripts[script](keys=keys, args=arguments)

    def close(self) -> None:
        """Ends the connection."""
        self.client.close()


def _text(script: str) -> str:
    return (files("mock_server.sharing") / f"{script}.lua").read_text("utf-8")
