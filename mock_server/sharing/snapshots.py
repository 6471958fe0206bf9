"""The snapshots of a backend, kept where all processes find them."""

from collections.abc import Iterator, MutableMapping

from mock_server.engine.engine import Engine
from mock_server.sharing.link import Link
from mock_server.state.snapshots import Snapshot
from mock_server.steering import archives
from understudy.wire import jsons

__all__ = ["SharedSnapshots"]


class SharedSnapshots(MutableMapping[str, Snapshot]):
    """Name -> snapshot. What raises KeyError elsewhere does here; Unavailable where Redis does not answer."""

    def __init__(self, engine: Engine, link: Link) -> None:
        self.engine, self.link, self.key = engine, link, f"understudy:{engine.contract.name}:snapshots"

    def __getitem__(self, name: str) -> Snapshot:
        with self.link.asking() as client:
            text = client.hget(self.key, name)
        if text is None:
            raise KeyError(name)
        return archives.read(self.engine, jsons.loads(text))

    def __setitem__(self, name: str, snapshot: Snapshot) -> None:
        with self.link.asking() as client:
            client.hset(self.key, name, archives.text(archives.written(self.engine, snapshot, secrets=True)))

    def __delitem__(self, name: str) -> None:
        with self.link.asking() as client:
            if not client.hdel(self.key, name):
                raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        with self.link.asking() as client:
            names = [name.decode() for name in client.hkeys(self.key)]
        yield from sorted(names)

    def __len__(self) -> int:
        with self.link.asking() as client:
            return int(client.hlen(self.key))
