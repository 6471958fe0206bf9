"""Whose sockets are whose: a process that does not renew its lease is gone, and another one ends what its sockets held."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mock_server.engine.call import Request
from mock_server.sharing.link import key
from mock_server.state.rooms import Socket
from understudy.wire import jsons

if TYPE_CHECKING:
    from mock_server.engine.engine import Engine
    from mock_server.sharing.link import Link
    from mock_server.sharing.share import Share

__all__ = ["LEASE", "RENEWAL", "bury", "dead", "enter", "leave", "renew"]

LEASE = 10.0  # seconds after which a process that was not heard of is gone
RENEWAL = 2.0


def renew(link: "Link", backend: str) -> None:
    """Says that this process is there. Raises Unavailable."""
    with link.asking() as client, client.pipeline(transaction=False) as pipe:
        pipe.set(_lease(backend, link.worker), 1, px=int(LEASE * 1000))
        pipe.sadd(f"understudy:{backend}:workers", link.worker)
        pipe.execute()


def dead(link: "Link", backend: str) -> Iterator[str]:
    """The processes that are gone, each told to one that asks only. Raises Unavailable."""
    with link.asking() as client:
        for member in client.smembers(f"understudy:{backend}:workers"):
            worker = member.decode()
            before = worker.startswith(link.place) and worker != link.worker  # this process has taken its place
            if (before or not client.exists(_lease(backend, worker))) and client.srem(f"understudy:{backend}:workers", worker):
                yield worker


def _lease(backend: str, worker: str) -> str:
    return f"understudy:{backend}:lease:{worker}"


def enter(share: "Share", socket: Socket) -> None:
    """Notes a socket that was let in. Raises Unavailable."""
    request = socket.request
    told = {
        "worker": share.link.worker, "channel": socket.channel, "account": socket.account, "address": socket.address, "path": socket.path,
        "query": socket.query, "asked": {"path": request.path, "query": request.query.decode("latin-1"), "host": request.host, "root": request.root},
    }  # fmt: skip
    with share.link.asking() as client:
        client.hset(share.key("sockets"), socket.id, jsons.dumps(told, str))


def leave(share: "Share", socket: Socket) -> None:
    """Forgets a socket. Raises Unavailable."""
    with share.link.asking() as client:
        client.hdel(share.key("sockets"), socket.id)


def bury(engine: "Engine", link: "Link", worker: str) -> int:
    """Does what the closing of the sockets of a process that is gone would have done; returns how many there were. Raises Unavailable."""
    count = 0
    with link.asking() as client:
        worlds = [name.decode() for name in client.smembers(f"understudy:{engine.contract.name}:worlds")]
    for name in worlds:
        with link.asking() as client:
            found = {identity.decode(): jsons.loads(text) for identity, text in client.hgetall(key(engine, name, "sockets")).items()}
        for identity, told in found.items():
            if told["worker"] == worker and told["channel"] in engine.realtime.lines:
                world = engine.worlds.use(name)
                engine.realtime.bury(_socket(identity, told, world), world)
                count += 1
    return count


def _socket(identity: str, told: dict[str, Any], world: Any) -> Socket:
    asked = told["asked"]
    request = Request("GET", asked["path"], asked["query"].encode("latin-1"), host=asked["host"], root=asked["root"], address=told["address"])
    return Socket(identity, told["channel"], _nothing, _nothing, 0.0, world, request, told["account"], told["address"], path=told["path"], query=told["query"])


def _nothing(*_given: Any) -> None:
    return None
