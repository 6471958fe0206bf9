"""What a mock says of itself: that it is ready, what a client needs to know, and its routes."""

from typing import Any

from fastapi import APIRouter

from mock_server.control.desk import Steering
from mock_server.control.models import Health
from mock_server.steering.overview import facts, places_of, routes
from understudy import __version__

router = APIRouter(tags=["overview"])


@router.get("/health", operation_id="readHealth")
async def health(desk: Steering) -> Health:
    """Ready, and what a client needs in development: URLs, accounts, secrets, the lines of a `.env`."""
    told = facts(desk.engine.contract, places_of(desk.engine))
    known = {"services", "accounts", "secrets", "environment", "title"}
    return Health(
        status="ready", version=__version__, backend=told["name"], worlds=len(desk.engine.worlds), world=desk.world.name, ui=f"{desk.base}/__admin/ui",
        **{name: told[name] for name in known},
    )  # fmt: skip


@router.get("/routes", operation_id="listRoutes")
async def listed(desk: Steering) -> list[dict[str, Any]]:
    """The operations and messages, with what each may answer."""
    return routes(desk.engine)
