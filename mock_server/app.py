"""Builds the applications: an engine per backend, an application per service."""

import importlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from mock_server.control.admission import Admission
from mock_server.control.app import Control
from mock_server.engine.engine import Engine
from mock_server.engine.plan import Bound
from mock_server.pages.documents import add_pages
from mock_server.state.clock import Clock
from mock_server.state.worlds import MOST
from mock_server.steering.records import Records
from mock_server.transports.http import DocumentApp
from mock_server.transports.scheduler import Scheduler
from mock_server.transports.websocket import add_websockets
from understudy.contract.model import Contract, Service

PAGES = ("mock_server.console.routes",)  # by name, for they are imported when somebody first steers


@dataclass(frozen=True, slots=True)
class Hosted:
    """One service with its application."""

    backend: str
    service: Service
    engine: Engine
    app: DocumentApp


def bound_functions(contract: Contract) -> Mapping[str, Bound]:
    """The functions of a backend's own file (`functions` in backend.yaml, else its name), by operationId; none if it has no file."""
    name = bound_module(contract)
    found: Mapping[str, Bound] = importlib.import_module(name).OPERATIONS if name is not None else {}
    return found


def bound_module(contract: Contract) -> str | None:
    """The module of a backend's own file, None if it has none."""
    file = str(contract.settings.get("functions", contract.name))
    name = f"mock_server.backends.{file}"
    return name if file.isidentifier() and find_spec(name) is not None else None


def twins_text(contract: Contract) -> str | None:
    """The JavaScript twins of a backend's own functions, for exports; None if it has none."""
    name = bound_module(contract) if contract.declared else None
    twin = Path(str(importlib.import_module(name).__file__)).with_suffix(".js") if name is not None else None
    return twin.read_text("utf-8") if twin is not None and twin.is_file() else None


def create_engine(
    contract: Contract, seed: str = "1", mode: str = "on", clock: Callable[[], Clock] = Clock, start: float | None = None, worlds: int = MOST
) -> Engine:
    """The engine of a contract with the functions of its backend. start: the instant at which its worlds begin; worlds: how many there may be."""
    return Engine(contract, bound_functions(contract) if contract.declared else {}, seed, mode, clock, start, worlds)


def create_apps(
    contracts: Iterable[Contract], seed: str = "1", mode: str = "on", start: float | None = None, worlds: int = MOST, admission: Admission | None = None
) -> list[Hosted]:
    """An application for each service of some backends; services of one backend share one state."""
    engines = (create_engine(contract, seed, mode, start=start, worlds=worlds) for contract in contracts)
    return [hosted for engine in engines for hosted in host(engine, admission)]


def host(engine: Engine, admission: Admission | None = None) -> list[Hosted]:
    """The applications of an engine's services. admission: who may steer it."""
    scheduler, records = Scheduler(engine), Records(engine)
    return [
        Hosted(engine.contract.name, service, engine, _application(engine, service, scheduler, records, admission or Admission()))
        for service in engine.contract.services
    ]


def _application(engine: Engine, service: Service, scheduler: Scheduler, records: Records, admission: Admission) -> DocumentApp:
    app = DocumentApp(engine, service.name, title=service.title, lifespan=_lifespan([scheduler]))
    app.control = Control(engine, service.name, admission, records, PAGES)
    app.add_exception_handler(404, _not_found)
    _furnish(app, service)
    return app


def _furnish(app: DocumentApp, service: Service) -> None:
    """Adds what a service's documents ask for beside its operations."""
    app.router.routes.clear()
    add_pages(app, service)
    add_websockets(app, app.engine, service)


def refresh(hosted: Iterable[Hosted]) -> None:
    """Has applications take over what their engines' contracts say now."""
    for item in hosted:
        service = next(service for service in item.engine.contract.services if service.name == item.service.name)
        item.app.refresh()
        _furnish(item.app, service)


async def _not_found(request: Any, _error: Exception) -> Any:
    return JSONResponse({"error": "Not Found", "message": f"There is no {request.url.path} here."}, 404)


def _lifespan(schedulers: Sequence[Scheduler]) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def run(_app: FastAPI) -> AsyncIterator[None]:
        for scheduler in schedulers:
            scheduler.start()
        yield
        for scheduler in schedulers:
            scheduler.stop()

    return run


def single(hosted: Sequence[Hosted]) -> FastAPI:
    """All services on one port, each under /<backend>/<service>."""
    engines = {id(item.engine): item.engine for item in hosted}
    lifespan = _lifespan([Scheduler(engine) for engine in engines.values()])  # a mounted application's own does not run
    app = FastAPI(title="Understudy", openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    for item in hosted:
        app.mount(f"/{item.backend}/{item.service.name}", item.app)
    return app
