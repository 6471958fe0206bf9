"""A request and its answer, as evidence: what was sent, what came back, and the curl line that does it again."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

__all__ = ["Evidence", "Exchange", "Frames"]

SHOWN = 1500  # characters of a body that are shown


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. seconds: from sending to the whole body; operation: operationId, or "" for a request outside the contract."""

    method: str
    url: str
    sent: Mapping[str, str]
    body: bytes
    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes
    seconds: float = 0.0
    operation: str = ""
    notes: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """The first value of a header of the answer, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def header_list(self, name: str) -> list[str]:
        """All values of a header of the answer."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    @property
    def ok(self) -> bool:
        """Whether the status is a good one."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as far as it is shown."""
        text = self.content.decode("utf-8", "replace")
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(self.content)} bytes)"

    def script(self) -> str:
        """The curl line that sends it again; credentials stand in it as they were sent."""
        parts = ["curl -i"]
        if self.method != "GET":
            parts.append(f"-X {self.method}")
        parts.append(shlex.quote(self.url))
        parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in self.sent.items() if name.lower() not in HIDDEN]
        if self.body:
            parts.append(f"--data-raw {shlex.quote(self.body.decode('utf-8', 'replace')[:4000])}")
        return " ".join(parts)

    def summary(self) -> str:
        """What came back, in short."""
        return f"{self.status} {self.text}"


HIDDEN = ("host", "content-length", "accept-encoding", "connection", "user-agent", "accept")


@dataclass(frozen=True)
class Frames:
    """What was said on a socket, in order: `> ` before what was sent, `< ` before what came. opening: how to connect."""

    opening: str
    lines: tuple[str, ...]
    operation: str = ""

    def script(self) -> str:
        """The conversation as a script to repeat."""
        return "\n".join((self.opening, *self.lines))

    def summary(self) -> str:
        """The last thing that came."""
        return next((line for line in reversed(self.lines) if line.startswith("< ")), "nothing came")


Evidence = Exchange | Frames
