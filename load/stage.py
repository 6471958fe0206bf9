"""The stage of a run: all that the generator has to know of the target, as one JSON file. Made by `load.staging`, read by every worker."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Call", "Member", "Room", "Stage", "Stock"]


@dataclass(frozen=True)
class Stock:
    """Something of which there are only so many. key, parent: of its row and of the row around it; total, taken: when the run began."""

    key: Any
    parent: Any
    label: str
    total: int
    taken: int


@dataclass(frozen=True)
class Member:
    """Somebody who takes part. key: of their account; headers: what signs their requests, by service; handshakes: how their sockets are opened, by channel."""

    login: str
    key: Any
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    handshakes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A request or a message. Texts that begin with @ are filled in (@stock, @parent, @quantity, @person, @lock, @row.NAME).

    service, method, path, query, headers, body, media: of a request; channel, event, ack, reply, refusal: of a message (names of what answers it);
    constants: fields of the answer that say it was granted; gives: what of the answer is needed later -> its field; tells: messages to the room for each.
    """

    name: str
    service: str = ""
    method: str = ""
    path: str = ""
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    media: str = "application/json"
    channel: str = ""
    event: str = ""
    ack: bool = False
    reply: str = ""
    refusal: str = ""
    constants: Mapping[str, Any] = field(default_factory=dict)
    gives: Mapping[str, str] = field(default_factory=dict)
    tells: int = 0

    @property
    def is_message(self) -> bool:
        """Whether it goes over a socket."""
        return bool(self.channel)


@dataclass(frozen=True)
class Room:
    """A channel on which many hear of what happens. raw: frames of a plain WebSocket, whose `tag` names the message; update: that message;
    rate: messages a socket may send in so many seconds; greeting: what a socket is told once it is open;
    key, figure: fields of the update that say which row it is about, and how many are left."""

    channel: str
    raw: bool
    tag: str
    update: str
    namespace: str = ""
    rate: tuple[int, float] | None = None
    greeting: str = ""
    key: str = ""
    figure: str = ""


@dataclass(frozen=True)
class Stage:
    """All of it. calls: by role; stocks: where something is few; hold: seconds that a lock lives; warnings: what was not as wished;
    undo: requests that unmake what was made, last first; control: URL of a control API, where there is one; backends: parts of a story over several."""

    story: str
    backend: str
    title: str
    own: bool
    urls: Mapping[str, str]
    members: tuple[Member, ...]
    calls: Mapping[str, Call]
    rooms: Mapping[str, Room] = field(default_factory=dict)
    stocks: tuple[Stock, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    hold: float = 0.0
    insecure: bool = False
    ca: str = ""
    timeout: float = 15.0
    control: str = ""
    seed: str = "1"
    warnings: tuple[str, ...] = ()
    undo: tuple[Mapping[str, Any], ...] = ()
    checking: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple["Stage", ...] = ()

    @classmethod
    def together(cls, parts: Sequence["Stage"]) -> "Stage":
        """One stage of several: users are dealt out over its parts. URLs are named `backend.service`."""
        first, urls = parts[0], {f"{part.backend}.{name}": url for part in parts for name, url in part.urls.items()}
        return cls(
            first.story, "", ", ".join(part.title for part in parts), all(part.own for part in parts), urls, (), {}, parameters=first.parameters,
            insecure=first.insecure, ca=first.ca, timeout=first.timeout, seed=first.seed, warnings=tuple(text for part in parts for text in part.warnings),
            undo=tuple(item for part in parts for item in part.undo), parts=tuple(parts),
        )  # fmt: skip

    def write(self, path: Path) -> None:
        """Keeps it in a file that only its owner reads: it holds tokens."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), default=str), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Stage":
        """That of a file."""
        return cls.of(json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Stage":
        """That of its JSON."""
        made = dict(value)
        made["members"] = tuple(Member(**item) for item in value["members"])
        made["calls"] = {role: Call(**item) for role, item in value["calls"].items()}
        made["rooms"] = {name: Room(**{**item, "rate": tuple(item["rate"]) if item["rate"] else None}) for name, item in value["rooms"].items()}
        made["stocks"] = tuple(Stock(**item) for item in value["stocks"])
        made["parts"] = tuple(cls.of(item) for item in value["parts"])
        made["warnings"], made["undo"] = tuple(value["warnings"]), tuple(value["undo"])
        return cls(**made)
