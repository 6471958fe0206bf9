"""The page's routes beside the control API's: /ui and what it loads."""

import json
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response
from jinja2 import Environment, PackageLoader

from mock_server.console import files, view
from mock_server.control.admission import COOKIE
from mock_server.control.desk import Desk, desk_of
from mock_server.engine.problem import Problem
from mock_server.state.world import PREFIX
from mock_server.state.worlds import WorldError

router = APIRouter(include_in_schema=False)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"content-security-policy": POLICY, "cache-control": "no-store", "referrer-policy": "same-origin"}
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable", "vary": "Accept-Encoding"}
WORLD = "understudy_world"
templates = Environment(loader=PackageLoader("mock_server.console"), autoescape=True, trim_blocks=True, lstrip_blocks=True)
templates.filters["json"] = lambda value, indent=None: json.dumps(value, indent=indent, ensure_ascii=False, default=str)


@router.get("/ui")
async def page(request: Request) -> Response:
    """The page. A token in the query becomes a cookie, and the address is shown without it; a world in the path moves into the query."""
    token, asked = request.query_params.get("token"), request.query_params.get(WORLD)
    try:
        desk = desk_of(request, token)
        desk = _in_world(desk, asked) if asked else desk
    except Problem as problem:
        return _refused(problem, token is not None)
    within = PREFIX in request.scope["root_path"]
    if token is not None or within:
        return _moved(request, desk, asked or (desk.world.name if within else None), token)
    return _html("page.html", await view.first(desk))


@router.post("/ui")
async def enter(request: Request, token: Annotated[str, Form()] = "") -> Response:
    """Takes the token from the form that asks for it."""
    try:
        desk = desk_of(request, token)
    except Problem as problem:
        return _refused(problem, True)
    return _moved(request, desk, request.query_params.get(WORLD), token)


@router.get("/ui/{digest}/{name}")
async def file(request: Request, digest: str, name: str) -> Response:
    """A script or style. They are the same in every mock, and the form that asks for a token needs its style: so they are nobody's secret."""
    if digest != files.digest() or name not in files.contents():
        raise Problem(404, None, f"There is no '{name[:100]}' here; load the page anew.")
    headers = {**FOR_EVER, "content-type": f"{files.kind(name)}; charset=utf-8"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(files.zipped(name), headers={**headers, "content-encoding": "gzip"})
    return Response(files.contents()[name], headers=headers)


def _in_world(desk: Desk, name: str) -> Desk:
    """The desk of the world that the address names: a cookie, which the front end may have set for itself, does not count against it."""
    try:
        return replace(desk, world=desk.engine.worlds.use(name))
    except WorldError as error:
        raise Problem(503 if error.full else 400, None, str(error)) from None


def _moved(request: Request, desk: Desk, world: str | None, token: str | None) -> Response:
    """To the page's own address, with a token that is asked for kept where no script reads it and no other site sends it."""
    path = request.scope["root_path"].removesuffix("/__admin").partition(PREFIX)[0] + "/__admin"
    query = f"?{urlencode({WORLD: world})}" if world else ""
    answer = Response(status_code=303, headers={**HEADERS, "location": f"{path}/ui{query}"})
    if token is not None and desk.control.admission.token is not None:
        answer.set_cookie(COOKIE, token, path=path, httponly=True, samesite="strict", secure=desk.base.startswith("https"))
    return answer


def _refused(problem: Problem, tried: bool) -> Response:
    """Why the page is not shown; a form where a token would do."""
    return _html("refused.html", {"problem": problem, "tried": tried, "digest": files.digest()}, problem.status)


def _html(name: str, content: dict[str, Any], status: int = 200) -> Response:
    return Response(templates.get_template(name).render(content), status, HEADERS, "text/html")
