"""What a contract says, as frozen dataclasses. The reader makes them; nothing changes them afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from understudy.contract.bundle import Bundle

Json = Any
Schema = Mapping[str, Any]
Source = Literal["declared", "inferred", "bound", "example"]
EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: file, 1-based line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Ref:
    """A foreign key. embed: the property in which the row referred to is shown."""

    collection: str
    embed: str | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """Rows of another collection that belong to a row."""

    collection: str
    by: str
    where: str | None = None
    sort: tuple[str, ...] = ()
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """Who belongs to a row: a list inside it, or rows of another collection."""

    user: str
    role: str | None = None
    owner: str | None = None
    list: str | None = None
    collection: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Holds:
    """The rows that hold something with capacity: without an end a reservation, with one a lock.

    socket: the field with the socket that made a lock; announce: the message that tells of a lock that ended by itself.
    """

    collection: str
    by: str
    user: str
    quantity: str
    expires: str
    lifetime: str = "5m"
    socket: str | None = None
    announce: str | None = None


@dataclass(frozen=True, slots=True)
class Capacity:
    """Fields with how many there are and how many of them are taken."""

    total: str
    reserved: str
    holds: Holds | None = None


@dataclass(frozen=True, slots=True)
class States:
    """The field with the state, and state -> states it may move to."""

    field: str
    moves: Mapping[str, tuple[str, ...]]
    initial: str | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """Rows of one kind.

    schema: of one row, references within `bundle`; stored: names of stored fields; virtual: names of computed ones;
    secret: stored ones that nobody is shown; internal: stored ones that no answer shows.
    """

    name: str
    key: str
    id: str
    schema: Schema
    pointer: str
    bundle: Bundle
    stored: frozenset[str]
    virtual: frozenset[str]
    properties: Mapping[str, Schema]
    unique: tuple[tuple[str, ...], ...] = ()
    refs: Mapping[str, Ref] = field(default_factory=dict)
    children: Mapping[str, Child] = field(default_factory=dict)
    members: Members | None = None
    derive: Mapping[str, Json] = field(default_factory=dict)
    capacity: Capacity | None = None
    states: States | None = None
    created: str | None = None
    updated: str | None = None
    secret: frozenset[str] = frozenset()
    internal: frozenset[str] = frozenset()
    declared: bool = True

    @property
    def unshown(self) -> frozenset[str]:
        """The stored fields that no answer shows."""
        return self.secret | self.internal


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. where: path, query, header or cookie; pointer: of its schema in the bundled document."""

    name: str
    where: str
    required: bool
    schema: Schema
    pointer: str
    type: str
    explode: bool = True
    style: str = "form"


@dataclass(frozen=True, slots=True)
class Media:
    """One media type of a body. pointer: of its schema, None if it has none."""

    type: str
    schema: Schema | None
    pointer: str | None
    examples: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    """One documented answer. headers: name -> its header object."""

    status: str
    description: str
    media: Mapping[str, Media]
    headers: Mapping[str, Schema]
    pointer: str


@dataclass(frozen=True, slots=True)
class Security:
    """One way to sign in: the scheme's name and where its credential stands (bearer, basic, header, query, cookie)."""

    scheme: str
    where: str
    name: str


@dataclass(frozen=True, slots=True)
class Behavior:
    """What an operation does: the vocabulary's words, and where they come from."""

    source: Source
    do: str | None
    collection: str | None = None
    words: Mapping[str, Json] = field(default_factory=dict)

    def get(self, word: str, default: Json = None) -> Json:
        """The value of a word of the vocabulary."""
        return self.words.get(word, default)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. path: with its base path; template: as the document has it; security: the ways to sign in, () if it needs none."""

    id: str
    service: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    bodies: Mapping[str, Media]
    body_required: bool
    responses: Mapping[str, Response]
    security: tuple[Security, ...]
    anonymous: bool
    behavior: Behavior
    pointer: str
    bundle: Bundle
    tags: tuple[str, ...] = ()
    summary: str = ""

    @property
    def place(self) -> Place:
        """Where the operation stands."""
        return Place(*self.bundle.place(self.pointer))

    @property
    def success(self) -> Response | None:
        """The first documented good answer."""
        return next((self.responses[status] for status in sorted(self.responses) if status.startswith("2")), None)

    @property
    def by_socket(self) -> bool:
        """Whether it is a message, or the opening of a channel, and no HTTP request."""
        return self.method in ("RECEIVE", "OPEN")

    @property
    def path_names(self) -> tuple[str, ...]:
        """The path parameters, in the order of the path."""
        return tuple(part.split("}", 1)[0] for part in self.path.split("{")[1:])


@dataclass(frozen=True, slots=True)
class Message:
    """One message. name: of the event, or of the frame; pointer: of its payload's schema in the bundled document, None if any payload will do."""

    name: str
    title: str
    schema: Schema | None
    pointer: str | None
    examples: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Receiver:
    """A message that clients send: the operation that it starts (its payload is the body, its reply the answer), and the reply's message."""

    operation: Operation
    message: Message
    reply: Message | None
    ack: bool


@dataclass(frozen=True, slots=True)
class Push:
    """A message that clients are sent. words: what x-behavior says of it; id: of its operation, the message's name where it is only a reply."""

    id: str
    message: Message
    words: Mapping[str, Json]
    pointer: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A Socket.IO namespace, or the path of a raw WebSocket.

    opening: what a handshake does; receives, sends: by the message's name; security: where a token may stand (query, header, bearer, cookie,
    protocol, auth); tag: the property of a raw frame that names its message; socketio: its path and transports, {} for a raw WebSocket.
    """

    id: str
    service: str
    address: str
    opening: Operation
    receives: Mapping[str, Receiver]
    sends: Mapping[str, Push]
    security: tuple[Security, ...]
    tag: str
    socketio: Mapping[str, Json]
    pointer: str
    bundle: Bundle
    summary: str = ""

    @property
    def raw(self) -> bool:
        """Whether its frames are those of a plain WebSocket."""
        return not self.socketio


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a backend, on one port."""

    name: str
    port: int
    title: str
    purpose: str
    bundle: Bundle | None
    realtime: Bundle | None
    base: str
    operations: tuple[Operation, ...]
    settings: Mapping[str, Json]
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True, slots=True)
class Contract:
    """One backend: its services, the collections they share, and what backend.yaml says."""

    name: str
    title: str
    folder: str
    services: tuple[Service, ...]
    collections: Mapping[str, Collection]
    settings: Mapping[str, Json]
    declared: bool = True
    scenarios: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations of all services."""
        return tuple(operation for service in self.services for operation in service.operations)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels of all services."""
        return tuple(channel for service in self.services for channel in service.channels)
