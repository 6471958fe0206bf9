"""One call on its way through the stages: what came in, what is known of it, what goes out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mock_server.engine.problem import Violation
from mock_server.state.rooms import Socket
from mock_server.state.store import Row, Unit
from mock_server.state.throttle import Allowance
from mock_server.state.world import World
from understudy.contract.expressions import Scope

if TYPE_CHECKING:
    from mock_server.engine.plan import Plan
    from mock_server.engine.runtime import Runtime

Headers = Mapping[bytes, bytes] | Iterable[tuple[bytes, bytes]]


class Request:
    """An HTTP request as the transport read it.

    path: undecoded, without root; headers: by lower-case name; root: the path that the service is mounted at;
    world: the one that its path named, if it did.
    """

    __slots__ = ("address", "body", "headers", "host", "method", "path", "query", "root", "secure", "world")

    def __init__(
        self, method: str, path: str, query: bytes = b"", headers: Headers = (), body: bytes = b"", address: str = "", secure: bool = False,
        host: str = "", root: str = "", world: str | None = None,
    ) -> None:  # fmt: skip
        self.method, self.path, self.query, self.body = method, path, query, body
        self.headers: dict[bytes, bytes] = headers if isinstance(headers, dict) else dict(headers)
        self.address, self.secure, self.host, self.root, self.world = address, secure, host, root, world

    def as_get(self) -> "Request":
        """The same as a GET, of which a HEAD is the headers."""
        return Request("GET", self.path, self.query, self.headers, b"", self.address, self.secure, self.host, self.root, self.world)

    def header(self, name: bytes) -> bytes | None:
        """The value of a header, by its lower-case name."""
        return self.headers.get(name)


@dataclass(slots=True)
class Entity:
    """A row on its way out, and the collection it is of."""

    collection: str
    row: Row


@dataclass(slots=True)
class Reply:
    """An answer before it is shaped: value is a row (Entity), a list of them, a map, bytes or None."""

    value: Any
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    media: str | None = None
    bare: bool = False
    page: Mapping[str, Any] | None = None
    cookies: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart body."""

    name: str
    type: str
    data: bytes

    def get(self, name: str) -> Any:
        """What expressions may ask of a file: name, type and size (bytes)."""
        return {"name": self.name, "type": self.type, "size": len(self.data)}.get(name)


@dataclass(slots=True)
class Emit:
    """A realtime message that leaves after the commit.

    room: None is everyone; only: the one socket that gets it; mark: its name, where several processes send it;
    texts: its payload for each of its routes, where it was rendered for them.
    """

    message: str
    room: str | None
    data: Any
    only: Socket | None = None
    mark: str = ""
    texts: tuple[bytes, ...] | None = None


class Call:
    """One call. It is also the source of rows and chance for its expressions."""

    body: Any
    raw: Any
    row: Row | None
    reply: Reply | None

    __slots__ = (
        "allowance",
        "body",
        "claim",
        "claims",
        "cookies",
        "emits",
        "now",
        "parameters",
        "path",
        "plan",
        "query",
        "raw",
        "reply",
        "request",
        "role",
        "row",
        "runtime",
        "scope",
        "signed_by",
        "socket",
        "store",
        "timers",
        "user",
        "violations",
        "world",
    )  # fmt: skip

    def __init__(self, runtime: "Runtime", request: Request, plan: "Plan", path: dict[str, Any], world: World, now: float | None = None) -> None:
        self.runtime, self.request, self.plan, self.path, self.world = runtime, request, plan, path, world
        self.store: Unit = world.store.begin()
        self.now = now = world.clock.now if now is None else now
        self.user: Row | None = None
        self.claims: Mapping[str, Any] | None = None
        self.signed_by: str | None = None
        self.query: dict[str, Any] = {}
        self.cookies: dict[str, str] | None = None
        self.body = self.raw = self.row = self.reply = None
        self.parameters: dict[str, Any] | None = None
        self.allowance: Allowance | None = None
        self.role: str | None = None
        self.claim = ""  # the timer that it is the work of, where several processes may do it
        self.violations: list[Violation] = []
        self.emits: list[Emit] = []
        self.timers: list[tuple[float | None, Any, Row | None, Any]] = []  # instant, thing, its row, its name; no instant cancels the name
        self.socket: Socket | None = None
        self.scope = Scope(self, {"path": path, "query": self.query, "now": now, "address": request.address, "service": plan.operation.service})

    def rows(self, collection: str, name: str | None, value: Any) -> Iterable[Row]:
        """The rows of a collection, for expressions."""
        return self.store.all(collection) if name is None else self.store.by(collection, name, value)

    def virtual(self, collection: str, name: str, row: Row) -> Any:
        """A computed field of a row, for expressions."""
        return None if row is None else self.runtime.virtuals[collection, name](self, row)

    def held(self, collection: str | None, row: Row, user: Any) -> int:
        """How much of a row locks hold, for expressions."""
        ledger = self.runtime.ledgers.get(collection or "")
        return ledger.locked(self.store, row, self.now, user) if ledger and row else 0

    def absent(self, name: str) -> Any:
        """`header`, `base` and `socket`, for the few expressions that look at them."""
        if name == "header":
            self.scope[name] = {key.decode("latin-1"): value.decode("latin-1") for key, value in self.request.headers.items()}
        elif name == "base":
            self.scope[name] = f"{'https' if self.request.secure else 'http'}://{self.request.host}{self.request.root}{self.world.base}"
        elif name == "socket" and self.socket is not None:
            self.scope[name] = {"id": self.socket.id, "rooms": list(self.socket.rooms)}
        else:
            return None
        return self.scope[name]

    def random_text(self, length: int) -> str:
        """A fresh text."""
        return self.world.chance.text(length)

    def random_id(self) -> str:
        """A fresh UUID."""
        return self.world.chance.uuid()

    def set_row(self, row: Row) -> None:
        """Makes a row the one that expressions call `row`."""
        self.row = self.scope["row"] = row


class Origin:
    """What is kept of a call for a thing that falls due later: its row, and the names that the thing's expressions use."""

    __slots__ = ("id", "later", "names", "plan", "request", "row")

    def __init__(self, call: Call, later: Any, row: Row | None = None) -> None:
        self.plan, self.row, self.later, self.id = call.plan, row or call.row, later, ""
        self.names = {name: call.scope.get(name) for name in later.names} if later.names else None
        self.request = call.request if later.names or later.bound else NO_REQUEST

    @classmethod
    def of(cls, plan: "Plan", row: Row | None, later: Any, names: dict[str, Any] | None, request: Request) -> "Origin":
        """One that was kept in a file."""
        made = cls.__new__(cls)
        made.plan, made.row, made.later, made.names, made.request, made.id = plan, row, later, names, request, ""
        return made


NO_REQUEST = Request("", "")
