"""What every operation of the control API has at hand: the backend and the world that the call is about."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from mock_server.control.admission import own_origins
from mock_server.engine.engine import Engine
from mock_server.engine.problem import Problem
from mock_server.state.world import World
from mock_server.steering.peers import Alone, Peers
from mock_server.transports.requests import request_of
from understudy.contract.functions import time


@dataclass(frozen=True, slots=True)
class Desk:
    """The engine and world that one call steers, and the service by whose address it came. host: by which the caller knows it."""

    engine: Engine
    world: World
    service: str
    control: Any
    base: str

    @property
    def peers(self) -> Peers:
        """What concerns all processes of the backend."""
        return self.engine.peers or Alone(self.engine)


LASTING = frozenset({"/health", "/routes", "/openapi.json", "/docs"})  # what can be said without state


async def _desk(request: Request) -> Desk:
    desk = desk_of(request)
    share = desk.world.share
    if share is not None and not share.ready and request.scope["route"].path not in LASTING:
        share.catch_up()  # a world that the call was the first here to name, or one that Redis was gone for
    return desk


def desk_of(request: Request, token: str | None = None) -> Desk:
    """The desk of a call that is admitted. token: one that came otherwise than by header or cookie. Raises Problem."""
    control = request.scope["understudy"]
    engine: Engine = control.engine
    control.admission.admit(request.headers, own_origins(engine.contract.settings), token)
    root = request.scope["root_path"].removesuffix("/__admin")
    asked = request_of({**request.scope, "root_path": root})
    base = f"{'https' if asked.secure else 'http'}://{asked.host}{asked.root}"
    return Desk(engine, engine.world_of(asked), control.service, control, base)


Steering = Annotated[Desk, Depends(_desk)]


def instant(value: str | None) -> float | None:
    """The instant of a text. Raises Problem."""
    found = time(value) if value is not None else None
    if value is not None and found is None:
        raise Problem(400, None, f"'now' is an instant such as 2026-11-21T12:00:00Z, not {value!r}.")
    return found
