"""What the control API takes and gives; its OpenAPI document is made of these."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

SECONDS = 10**9
INSTANT = "2026-11-21T12:00:00.000Z"
Text = Annotated[str, Field(max_length=1000)]
Texts = Text | Annotated[list[Text], Field(max_length=100)]
Row = dict[str, Any]
Milliseconds = Annotated[float, Field(ge=0, le=600_000)]


class Given(BaseModel):
    """What a request carries: nothing but known members, none of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _integers(cls, value: Any) -> Any:
        """JSON's 19.0 is an integer."""
        if not isinstance(value, dict):
            return value
        return {name: int(item) if isinstance(item, float) and item.is_integer() else item for name, item in value.items()}


class Violation(BaseModel):
    """One thing that is wrong. pointer: where."""

    pointer: str
    rule: str
    message: str
    expected: Any = None
    got: Any = None


class Refusal(BaseModel):
    """Why something was not done."""

    error: str
    violations: list[Violation] = []


class ClockState(BaseModel):
    """A world's clock."""

    now: Annotated[str, Field(examples=[INSTANT])]
    frozen: bool
    rate: float


class ClockChange(Given):
    """now: an instant (RFC 3339); frozen: whether it stands still; rate: virtual seconds in a real one."""

    now: Annotated[str | None, Field(examples=[INSTANT])] = None
    frozen: bool | None = None
    rate: Annotated[float | None, Field(ge=0, le=SECONDS)] = None


class Advance(Given):
    """How far the clock jumps."""

    seconds: Annotated[float, Field(ge=0, le=SECONDS, examples=[301])]


class Beginning(Given):
    """now: the instant at which the world begins again; dates of seeded rows are counted from it."""

    now: Annotated[str | None, Field(examples=[INSTANT])] = None


class WorldState(BaseModel):
    """One world. rows: how many it has; base: what URLs that it issues begin with."""

    name: str
    now: str
    frozen: bool
    rows: int
    sockets: int
    faults: int
    requests: int
    base: str


class NewWorld(Given):
    """name: none for a fresh one; snapshot: what it begins with, none for the seeded rows."""

    name: Annotated[str | None, Field(max_length=100, examples=["checkout-test-1"])] = None
    snapshot: Text | None = None
    now: Annotated[str | None, Field(examples=[INSTANT])] = None


class SnapshotState(BaseModel):
    """One snapshot. saved: real time; now: the world's."""

    name: str
    saved: str
    now: str
    rows: int
    timers: int


class SnapshotPart(BaseModel):
    """One backend's snapshot in a file."""

    model_config = ConfigDict(extra="allow")

    backend: str
    name: str
    now: float
    rows: dict[str, list[Row]]


class SnapshotFile(BaseModel):
    """Snapshots as a file."""

    understudy: Literal[1]
    snapshots: list[SnapshotPart]
    saved: str | None = None


class Imported(BaseModel):
    """What was made of a file. unfit: rows that don't fit their schema, and why; they are kept."""

    snapshot: SnapshotState
    unfit: list[str]


class SocketState(BaseModel):
    """One open socket. account: the key of whose it is; user: what that account signs in with; process: which holds it, where several serve one backend."""

    id: str
    channel: str
    account: Any
    user: str | None
    address: str
    opened: str
    rooms: list[str]
    process: str | None = None


class Kick(Given):
    """How a socket is closed; Socket.IO has no code."""

    code: Annotated[int, Field(ge=1000, le=4999)] = 4000
    reason: Annotated[str, Field(max_length=100)] = "Kicked"


class Emit(Given):
    """A declared message. Without data it is made of a row as its document says: of `row`, the key of one; room, socket: who gets it, everyone without."""

    message: Annotated[str, Field(max_length=200)]
    data: Any = None
    row: str | int | None = None
    room: Text | None = None
    socket: Text | None = None


class Delivered(BaseModel):
    """How many sockets got it."""

    sockets: int
    data: Any = None


class Criteria(Given):
    """What lines of the log are looked for. Texts may hold `*`; body: what a body holds at least; text: what is mentioned anywhere; after: a line's id."""

    kind: Literal["exchange", "frame"] | None = None
    service: Text | None = None
    method: Text | None = None
    path: Text | None = None
    operation: Text | None = None
    status: int | None = None
    user: Text | None = None
    stage: Text | None = None
    direction: Literal["in", "out"] | None = None
    channel: Text | None = None
    message: Text | None = None
    room: Text | None = None
    socket: Text | None = None
    violations: bool | None = None
    body: Any = None
    text: Text | None = None
    after: Annotated[int, Field(ge=0)] = 0


class Count(BaseModel):
    """How many lines fit."""

    count: int


class Lines(BaseModel):
    """Lines of the log, newest last. total: how many it holds."""

    requests: list[dict[str, Any]]
    total: int


class Applied(BaseModel):
    """A scenario that was applied, and what it did."""

    name: str
    title: str
    rows: int
    faults: list[str]


class ScenarioState(BaseModel):
    """A scenario. given: names that a call may set, with what they are otherwise."""

    name: str
    title: str
    about: str
    given: dict[str, Any]


class ScenarioCall(Given):
    """given: values for the names that the scenario has."""

    given: dict[str, Any] = {}


class Match(Given):
    """What a fault hits; `*` stands for any part of a text. Without any it hits everything of its kind."""

    service: Texts | None = None
    user: Texts | None = None


class RequestMatch(Match):
    """What of requests. user: the key or the login of an account."""

    operation: Texts | None = None
    method: Texts | None = None
    path: Texts | None = None
    tag: Texts | None = None


class FrameMatch(Match):
    """What of frames. direction: in is from the client."""

    message: Texts | None = None
    channel: Texts | None = None
    direction: Literal["in", "out"] | None = None
    socket: Texts | None = None


class FaultBase(Given):
    """id: names it, and replaces one of that name; ttl: seconds, or a duration such as 5m, on the world's clock; times: how often it strikes at most."""

    id: Annotated[str | None, Field(max_length=100, pattern="^[A-Za-z0-9][A-Za-z0-9._~-]*$")] = None
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    ttl: Annotated[float, Field(gt=0, le=SECONDS)] | Annotated[str, Field(pattern="^[0-9]{1,9}(ms|s|m|h|d)$")] | None = None
    times: Annotated[int | None, Field(ge=1, le=SECONDS)] = None


class Waiting(FaultBase):
    """ms: always as long; min, max: evenly between; median, sigma: log-normal (half of all take longer than the median)."""

    ms: Milliseconds | None = None
    min: Milliseconds | None = None
    max: Milliseconds | None = None
    median: Milliseconds | None = None
    sigma: Annotated[float | None, Field(ge=0, le=3)] = None


class RequestFault(FaultBase):
    """A fault of requests."""

    match: RequestMatch = RequestMatch()


class FrameFault(FaultBase):
    """A fault of frames."""

    match: FrameMatch = FrameMatch()


class Latency(Waiting, RequestFault):
    """The answer comes late."""

    kind: Literal["latency"]


class Status(RequestFault):
    """Another answer, in the backend's error body; nothing is done."""

    kind: Literal["status"]
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Text | None = None
    retryAfter: Annotated[int | None, Field(ge=0, le=SECONDS)] = None  # noqa: N815 - JSON


class RateLimit(RequestFault):
    """429 after so many requests in a while; 0 admits none."""

    kind: Literal["rate"]
    limit: Annotated[int, Field(ge=0, le=10**6)] = 0
    per: Annotated[str, Field(pattern="^[1-9][0-9]{0,8}(ms|s|m|h|d)$")] = "60s"


class Reset(RequestFault):
    """The connection breaks: before the request arrives, or when it was done but before it is answered."""

    kind: Literal["reset"]
    at: Literal["request", "response"] = "response"


class Truncate(RequestFault):
    """The body ends early: after so many bytes, or a part of them."""

    kind: Literal["truncate"]
    bytes: Annotated[int | None, Field(ge=0, le=SECONDS)] = None
    part: Annotated[float | None, Field(ge=0, lt=1)] = None


class Break(RequestFault):
    """The body is not valid against its schema."""

    kind: Literal["break"]


class Drop(FrameFault):
    """The frame is lost."""

    kind: Literal["drop"]


class Delay(Waiting, FrameFault):
    """The frame comes late; others may overtake it."""

    kind: Literal["delay"]


class Duplicate(FrameFault):
    """The frame comes more than once."""

    kind: Literal["duplicate"]
    copies: Annotated[int, Field(ge=1, le=100)] = 1


class Reorder(FrameFault):
    """The next frame overtakes this one."""

    kind: Literal["reorder"]


class KickFault(FrameFault):
    """The socket is closed instead."""

    kind: Literal["kick"]
    code: Annotated[int, Field(ge=3000, le=4999)] = 4000
    reason: Annotated[str, Field(max_length=100)] = "Kicked by a fault"


NewFault = Annotated[Latency | Status | RateLimit | Reset | Truncate | Break | Drop | Delay | Duplicate | Reorder | KickFault, Field(discriminator="kind")]


class FaultState(BaseModel):
    """A declared fault. until: the instant at which it ends; hits: how often it struck."""

    model_config = ConfigDict(extra="allow")

    id: str
    kind: str
    match: dict[str, Any]
    probability: float
    hits: int
    until: str | None = None
    times: int | None = None


class Health(BaseModel):
    """What a client needs to know in development."""

    status: Literal["ready"]
    version: str
    backend: str
    title: str
    services: list[dict[str, Any]]
    accounts: list[dict[str, Any]]
    secrets: dict[str, Any]
    environment: list[str]
    worlds: int
    world: str
    ui: str


class Begun(BaseModel):
    """A world as it begins again."""

    world: str
    now: str
