"""What a call costs as collections grow: `python -m benchmarks.growth [--rounds 3] [--sizes 100,1000,10000,100000]`.

No network: requests go straight into engines whose main collections have 100 to 100,000 records, copies of the seeded ones. Rounds are interleaved, each
figure is the median of their medians, in microseconds. Lists that are answered whole are left out where their answer itself grows.
"""

import argparse
import base64
import gc
import json
import statistics
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter
from typing import Any

import orjson

from fixtures.records import Dataset
from mock_server.app import create_engine
from mock_server.engine import Request
from mock_server.engine.engine import Engine
from mock_server.state.rooms import Socket
from mock_server.steering import snapshots
from understudy.contract.reader import read

SIZES = (100, 1_000, 10_000, 100_000)
Act = Callable[[], object]


@dataclass(frozen=True)
class Subject:
    """A backend with a collection that grows.

    service: that its requests go to; spread: fields with the values that rows have in turn; acts: what is measured, by name; fill: other rows than copies.
    """

    backend: str
    service: str
    collection: str
    login: str
    spread: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    acts: Callable[["Mock"], Iterator[tuple[str, Act]]] = lambda _mock: iter(())
    fill: Callable[[Dataset, int], Dataset] | None = None
    title: str = ""


class Mock:
    """An engine whose collection has so many records."""

    def __init__(self, subject: Subject, size: int) -> None:
        self.subject, self.size = subject, size
        contract = read(subject.backend)
        self.engine: Engine = create_engine(contract)
        self.key = contract.collections[subject.collection].key
        collection = contract.collections[subject.collection]
        self.engine.data = subject.fill(self.engine.data, size) if subject.fill else grown(self.engine.data, collection, size, subject.spread)
        if "ticketCategories" in self.engine.data.rows:
            rows = self.engine.data.rows["ticketCategories"]
            rows[2] = {**rows[2], "totalSeats": 10**8}  # seats enough for all calls
        self.engine.reset(self.engine.world)
        self.numbers = count(size * 10)
        self.keys = list(self.engine.data.rows[subject.collection])
        self.token = self._token() if subject.login else ""

    def _token(self) -> str:
        auth = self.engine.contract.settings["auth"]
        body = {auth["login"]: self.subject.login, auth["password"]: "password123"}
        found = next(plan.operation for plan in self.engine.plans.values() if plan.do == "login")
        text = orjson.dumps(json.loads(self.ask(found.method, found.path, body, found.service)))
        found_tokens = [value for name, value in _leaves(json.loads(text)) if name.lower() in ("token", "access", "accesstoken", "access_token")]
        return str(found_tokens[0])

    def ask(self, method: str, target: str, body: Any = None, service: str = "", world: str = "") -> bytes:
        """The body of an answer, which must be a good one."""
        path, _, query = target.partition("?")
        headers = {b"host": b"localhost", b"content-type": b"application/json"}
        if getattr(self, "token", ""):
            headers[b"authorization"] = b"Bearer " + self.token.encode()
        if world:
            headers[b"x-understudy-world"] = world.encode()
        sent = b"" if body is None else orjson.dumps(body)
        answer = self.engine.handle(service or self.subject.service, Request(method, path, query.encode(), headers, sent, "127.0.0.1", False, "localhost"))
        assert answer.status < 300, (method, target, answer.status, answer.body[:300])
        return answer.body

    def some(self) -> Any:
        """The key of one of ninety rows from all over the collection, another each time."""
        return self.keys[next(self.numbers) % 90 * (len(self.keys) // 90)]

    def touch(self) -> None:
        """A write to the collection, past the engine: what was rendered of it is no longer good."""
        unit = self.engine.world.store.begin()
        key = self.some()
        row = unit.get(self.subject.collection, key)
        if row is not None:
            unit.put(self.subject.collection, key, {**row})
            unit.commit()


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, key)
    elif isinstance(value, str):
        yield name, value


def grown(data: Dataset, collection: Any, size: int, spread: dict[str, tuple[Any, ...]]) -> Dataset:
    """A dataset in which one collection has so many rows: copies of its own, with other keys and unique fields, and values as they are spread."""
    rows = dict(data.rows[collection.name])
    models = list(rows.values())
    unique = {name for names in collection.unique for name in names}
    number = len(rows) + 1
    while len(rows) < size:
        row = dict(models[number % len(models)])
        row[collection.key] = _another(row[collection.key], number)
        row.update({name: f"{number}-{row[name]}" for name in unique if isinstance(row.get(name), str)})
        row.update({name: values[number % len(values)] if len(values) > 1 else values[0] for name, values in spread.items()})
        rows[row[collection.key]] = row
        number += 1
    return Dataset({**data.rows, collection.name: dict(list(rows.items())[: max(size, len(models))])})


def held(data: Dataset, size: int) -> Dataset:
    """A dataset with so many locks on one category."""
    lock = {"eventId": 1, "categoryId": 2, "quantity": 1, "expiresAt": "2999-01-01T00:00:00.000Z"}
    rows = {f"h{number}": {**lock, "id": f"h{number}", "userId": number + 100} for number in range(size)}
    return Dataset({**data.rows, "holds": rows})


def _another(key: Any, number: int) -> Any:
    if isinstance(key, int):
        return 1_000_000 + number
    return f"{str(key)[:-12]}{number:012}" if len(str(key)) == 36 else f"{str(key).rpartition('_')[0]}_{1_000_000 + number}"


# acts of each backend


def events(mock: Mock) -> Iterator[tuple[str, Act]]:
    last = len(mock.keys) // 20
    yield "by id", lambda: mock.ask("GET", f"/api/v1/events/{mock.some()}")
    yield "list, first page", lambda: mock.ask("GET", "/api/v1/events")
    yield "list, deep page", lambda: mock.ask("GET", f"/api/v1/events?page={last}")
    yield "list, filtered", lambda: mock.ask("GET", "/api/v1/events?city=Lagos")
    yield "list, two filters", lambda: mock.ask("GET", "/api/v1/events?city=Lagos&is_free=false")
    yield "list, own ones", lambda: mock.ask("GET", "/api/v1/partners/events", service="partners")
    yield "search by text", lambda: mock.ask("GET", "/api/v1/events/search?q=conference")
    yield "list after a write", lambda: (mock.touch(), mock.ask("GET", "/api/v1/events"))


def offers(mock: Mock) -> Iterator[tuple[str, Act]]:
    made: list[Any] = []

    def create() -> None:
        text = mock.ask("POST", "/api/admin/offers", {"title": "Ten percent back", "category": "shopping", "reward": 5.0, "description": "On all"})
        made.append(json.loads(text)["data"]["id"])

    yield "by id", lambda: mock.ask("GET", f"/api/admin/offers/{mock.some()}")
    yield "list, first page", lambda: mock.ask("GET", "/api/admin/offers")
    yield "list, deep page", lambda: mock.ask("GET", f"/api/admin/offers?page={len(mock.keys) // 20}")
    yield "create", create
    yield "update", lambda: mock.ask("PATCH", f"/api/admin/offers/{mock.some()}", {"title": f"Better {next(mock.numbers)}"})
    yield "create and delete", lambda: (create(), mock.ask("DELETE", f"/api/admin/offers/{made.pop()}"))
    yield "list after a write", lambda: (mock.touch(), mock.ask("GET", "/api/admin/offers"))


def users(mock: Mock) -> Iterator[tuple[str, Act]]:
    middle = sorted(mock.engine.data.rows["users"].values(), key=lambda row: str(row["email"]))[len(mock.keys) // 2]
    cursor = base64.urlsafe_b64encode(orjson.dumps([middle["id"], {name: middle[name] for name in ("email", "id")}])).decode().rstrip("=")
    target = f"/api/admin/users/?cursor={cursor}"
    yield "list, first page", lambda: mock.ask("GET", "/api/admin/users/")
    yield "list, deep page", lambda: mock.ask("GET", target)
    yield "list, filtered", lambda: mock.ask("GET", "/api/admin/users/?role=user&status=active")
    yield "search by text, common", lambda: mock.ask("GET", "/api/admin/users/?search=example")
    yield "search by text, rare", lambda: mock.ask("GET", "/api/admin/users/?search=nobody-has-this")
    yield "list after a write", lambda: (mock.touch(), mock.ask("GET", "/api/admin/users/"))

    def sign_in() -> None:
        mock.engine.world.throttle.calls.clear()
        mock.ask("POST", "/api/auth/login/", {"email": "USER@example.com", "password": "password123"})

    yield "sign in", sign_in


def films(mock: Mock) -> Iterator[tuple[str, Act]]:
    mock.keys = mock.keys[10:]  # the first are those of the documents, and some are private
    yield "by id", lambda: mock.ask("GET", f"/api/videos/{mock.some()}/")
    yield "list, first page", lambda: mock.ask("GET", "/api/videos/")
    yield "list after a write", lambda: (mock.touch(), mock.ask("GET", "/api/videos/"))


def categories(mock: Mock) -> Iterator[tuple[str, Act]]:
    body = {"eventId": 1, "categoryId": 2, "quantity": 1}
    yield "list of a parent", lambda: mock.ask("GET", "/api/events/1/tickets")
    yield "take seats", lambda: mock.ask("POST", "/api/events/tickets/reserve", body)
    yield "list after a write", lambda: (mock.touch(), mock.ask("GET", "/api/events/1/tickets"))
    yield "lock and unlock by socket", _locking(mock)


def locks(mock: Mock) -> Iterator[tuple[str, Act]]:
    yield "lock and unlock by socket", _locking(mock)


def _locking(mock: Mock) -> Act:
    socket = _socket(mock)

    def lock() -> None:
        socket.world.throttle.calls.clear()
        for name in ("lock-tickets", "unlock-tickets"):
            answer = orjson.dumps(mock.engine.realtime.receive(socket, socket.world, name, {"eventId": 1, "categoryId": 2, "quantity": 1}))
            assert b'"success":false' not in answer, answer

    return lock


def _socket(mock: Mock) -> Socket:
    key = next(key for key, line in mock.engine.realtime.lines.items() if "lock-tickets" in line.plans)
    request = Request("GET", "/", f"token={mock.token}&userId=1".encode(), {b"host": b"localhost"}, b"", "127.0.0.1", False, "localhost")
    socket = Socket("s1", key, lambda _frame: None, lambda _code, _why: None, mock.engine.world.clock.now, mock.engine.world, request)
    mock.engine.realtime.open(socket, mock.engine.world, {"token": mock.token})()
    return socket


def orders(mock: Mock) -> Iterator[tuple[str, Act]]:
    body = {"eventId": 1, "categoryId": 2, "quantity": 1}
    yield "by id", lambda: mock.ask("GET", "/api/orders/1")
    yield "list, own ones", lambda: mock.ask("GET", "/api/orders")
    yield "create", lambda: mock.ask("POST", "/api/orders", body)


def products(mock: Mock) -> Iterator[tuple[str, Act]]:
    made: list[Any] = []

    def create() -> None:
        made.append(json.loads(mock.ask("POST", "/api/shops/shop_123/products", {"name": "Tote", "retailPrice": 10.0}))["id"])

    yield "list of a parent", lambda: mock.ask("GET", "/api/shops/shop_123/products")
    yield "update", lambda: mock.ask("PUT", "/api/shops/shop_123/products/product_1", {"stock": 5})
    yield "create and delete", lambda: (create(), mock.ask("DELETE", f"/api/shops/shop_123/products/{made.pop()}"))


def worlds(mock: Mock) -> Iterator[tuple[str, Act]]:
    engine, target = mock.engine, "/api/v1/events"
    names = count()

    def restore() -> None:
        snapshots.restore(engine, engine.world, "s")
        mock.ask("GET", target)

    def fork() -> None:
        world = engine.worlds.create(f"w{next(names)}")
        snapshots.restore(engine, world, "s")
        mock.ask("GET", target, world=world.name)
        engine.worlds.drop(world.name)

    def new() -> None:
        mock.ask("GET", target, world=f"w{next(names)}")
        engine.worlds.drop(f"w{next(names) - 1}")

    snapshots.save(engine, engine.world, "s")
    yield "new world and a list", new
    yield "snapshot", lambda: snapshots.save(engine, engine.world, "t")
    yield "snapshot, write, list", lambda: (snapshots.save(engine, engine.world, "t"), mock.touch(), mock.ask("GET", target))
    yield "restore and a list", restore
    yield "fork and a list", fork
    yield "reset and a list", lambda: (engine.reset(engine.world), mock.ask("GET", target))


CITIES = ("Lagos", "Abuja")
PARENTS = tuple(range(1, 100_000))
SUBJECTS = (
    Subject("platng", "events", "events", "partner@example.com", {"city": CITIES, "partner_id": PARENTS}, events),
    Subject("platng", "events", "events", "", {"city": CITIES, "partner_id": PARENTS}, worlds, title="worlds"),
    Subject("savebucks", "admin", "offers", "admin@example.com", {}, offers),
    Subject("watchparty", "api", "users", "admin@example.com", {}, users),
    Subject("watchparty", "api", "videos", "user@example.com", {"visibility": ("public",)}, films),
    Subject("eventplatform", "gateway", "ticketCategories", "user@example.com", {"eventId": PARENTS}, categories),
    Subject("eventplatform", "gateway", "orders", "user@example.com", {"userId": PARENTS}, orders),
    Subject("eventplatform", "gateway", "holds", "user@example.com", {}, locks, held),
    Subject("cliick", "api", "products", "test@example.com", {"shopId": tuple(f"shop_{number}" for number in range(200, 100_000))}, products),
)
LEAST, MOST, BUDGET = 3, 300, 0.12  # calls of an act in a round, and the seconds after which they are enough


def timed(act: Act) -> float:
    """The median of an act, in microseconds."""
    taken: list[float] = []
    began = perf_counter()
    while len(taken) < LEAST or (len(taken) < MOST and perf_counter() - began < BUDGET):
        start = perf_counter()
        act()
        taken.append((perf_counter() - start) * 1e6)
    return statistics.median(taken)


def measure(rounds: int = 3, sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """`acts`: name of an act -> size -> microseconds; `bytes`: of one record; `log`: bytes that the log keeps after 100,000 calls, and after 10,000."""
    acts: dict[str, dict[int, float]] = {}
    for subject in SUBJECTS:
        for name, found in _rounds(subject, rounds, sizes):
            acts[name] = found
    return {"acts": acts, "bytes": memory(sizes[-1]), "log": log_bytes()}


def _rounds(subject: Subject, rounds: int, sizes: tuple[int, ...]) -> Iterator[tuple[str, dict[int, float]]]:
    """The acts of one subject, each at all sizes; sizes take turns."""
    mocks = {size: Mock(subject, size) for size in sizes}
    acts = {size: dict(subject.acts(mock)) for size, mock in mocks.items()}
    for size in sizes:
        for act in acts[size].values():
            act()  # indexes are made
    gc.collect()
    gc.freeze()
    for name in acts[sizes[0]]:
        found: dict[int, list[float]] = {size: [] for size in sizes}
        for _ in range(rounds):
            for size in sizes:
                found[size].append(timed(acts[size][name]))
        yield f"{subject.backend} {subject.title or subject.collection}: {name}", {size: statistics.median(values) for size, values in found.items()}
    gc.unfreeze()


def memory(size: int) -> dict[str, float]:
    """Bytes that tracemalloc counts: a record of a dataset, what tables and indexes add to it, and another world in which one record was written."""
    subject = Subject("savebucks", "admin", "offers", "admin@example.com")
    contract = read(subject.backend)
    mock = Mock(subject, 100)
    tracemalloc.start()
    began = tracemalloc.get_traced_memory()[0]
    mock.engine.data = grown(mock.engine.data, contract.collections[subject.collection], size, {})
    made = tracemalloc.get_traced_memory()[0]
    mock.engine.reset(mock.engine.world)
    mock.ask("GET", "/api/admin/offers")
    listed = tracemalloc.get_traced_memory()[0]
    unit = mock.engine.worlds.create("other").store.begin()
    unit.put("offers", 1, {**(unit.get("offers", 1) or {})})
    unit.commit()
    other = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return {"record": (made - began) / size, "tables and an index": (listed - made) / size, "another world": float(other - listed)}


def log_bytes() -> dict[int, int]:
    """Calls -> bytes that the log says it keeps after them."""
    mock, found = Mock(SUBJECTS[2], 100), {}
    for number in range(1, 100_001):
        mock.ask("GET", "/api/admin/offers/1")
        if number in (1_000, 10_000, 100_000):
            found[number] = mock.engine.log.bytes
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=lambda text: tuple(map(int, text.split(","))), default=SIZES)
    parser.add_argument("--json", help="a file for the figures")
    options = parser.parse_args()
    found = measure(options.rounds, options.sizes)
    print(table(found))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    sizes = list(next(iter(found["acts"].values())))
    lines = [f"| act, µs | {' | '.join(f'{size:,}' for size in sizes)} | times |", f"|---|{'---|' * (len(sizes) + 1)}"]
    for name, figures in found["acts"].items():
        lines.append(f"| {name} | {' | '.join(f'{figures[size]:,.1f}' for size in sizes)} | {figures[sizes[-1]] / figures[sizes[0]]:.1f} |")
    lines += ["", "Memory: " + ", ".join(f"{name} {number:,.0f} bytes" for name, number in found["bytes"].items()) + "."]
    lines += ["The log after so many calls: " + ", ".join(f"{calls:,}: {size / 2**20:.1f} MB" for calls, size in found["log"].items()) + "."]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
