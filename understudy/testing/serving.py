"""Mocks in this process: for tests that bring their own."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from understudy.testing.client import Understudy

if TYPE_CHECKING:
    from understudy.testing.server import Server

__all__ = ["MockFactory", "serve"]

Scenarios = str | Iterable[str]


@contextmanager
def serve(
    target: str | Path, *, overlays: Iterable[str | Path] = (), seed: str = "understudy", validate: str = "on", now: str | None = None, scenario: Scenarios = ()
) -> Iterator[Understudy]:
    """A mock of a backend's name or a document's path, served by a thread of this process on free ports until the end of the block.

    overlays: files that change the documents; seed: what records are made from; validate: on, strict, warn or off;
    now: the instant at which worlds begin; scenario: names of situations to begin with. Raises UnderstudyError for what can't be served.
    """
    with MockFactory() as make:
        yield make(target, overlays=overlays, seed=seed, validate=validate, now=now, scenario=scenario)


class MockFactory:
    """Makes mocks; one server for each backend and options, started when it is first asked for. As a context manager it stops them at the end."""

    def __init__(self, home: Path | None = None) -> None:
        self.home = home  # where documents lie that are not found from the working directory
        self._servers: dict[object, Server] = {}
        self._given: dict[object, Understudy] = {}

    def __call__(
        self, target: str | Path, *, overlays: Iterable[str | Path] = (), seed: str = "understudy", validate: str = "on", now: str | None = None,
        scenario: Scenarios = (),
    ) -> Understudy:  # fmt: skip
        """The mock of a target, its default world as seeded when it is first asked for; arguments as those of `serve`."""
        key = (self._found(target), tuple(map(self._found, overlays)), str(seed), validate)
        if key not in self._servers:
            self._servers[key] = _start(*key)
        if key not in self._given or now is not None:
            self._servers[key].begin(now)
        mock = self._given.setdefault(key, Understudy(self._servers[key].url))
        for name in [scenario] if isinstance(scenario, str) else scenario:
            mock.scenarios.apply(name)
        return mock

    def _found(self, target: str | Path) -> str:
        """A path from the working directory, else from home; a backend's name as it is."""
        path = Path(target)
        return str(self.home / path) if self.home is not None and not path.exists() and (self.home / path).exists() else str(target)

    def forget(self) -> None:
        """The next call for a target begins its default world again."""
        for mock in self._given.values():
            mock.close()
        self._given.clear()

    def close(self) -> None:
        """Stops all servers."""
        self.forget()
        for server in self._servers.values():
            server.stop()
        for server in self._servers.values():
            server.join()
        self._servers.clear()

    def __enter__(self) -> "MockFactory":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _start(target: str, overlays: tuple[str, ...], seed: str, validate: str) -> "Server":
    from mock_server.options import MockOptions
    from understudy.testing.server import Server  # not before it is needed: it brings the web server

    options = MockOptions(targets=(target,), port=0, seed=seed, overlays=tuple(map(Path, overlays)), validate=validate)
    return Server(options)
