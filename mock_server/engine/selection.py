"""The world that a request belongs to: what its path, a header, a cookie or the query names, in this order."""

from urllib.parse import unquote

from mock_server.engine.call import Request
from mock_server.engine.problem import Problem, Violation
from mock_server.engine.validation import cookies_of, parse_query
from mock_server.state.world import DEFAULT, PREFIX, World
from mock_server.state.worlds import WorldError, Worlds

HEADER, NAME, COOKIE = b"x-understudy-world", "understudy_world", b"understudy_world="


def world_of(request: Request, worlds: Worlds) -> World:
    """The world of a request, made on first use. Raises Problem for a name that can't be, and where there are too many."""
    headers = request.headers
    if request.world is None and HEADER not in headers and COOKIE not in headers.get(b"cookie", b"") and COOKIE not in request.query:
        return worlds.default
    name = named(request)
    try:
        return worlds.use(name)
    except WorldError as error:
        said = Violation("/header/x-understudy-world", "world", str(error), "a name", name[:100])
        raise Problem(503 if error.full else 400, None, str(error), violations=(said,), rule="world") from None


def named(request: Request) -> str:
    """The name of the world of a request."""
    header = request.headers.get(HEADER, b"").decode("latin-1").strip()
    cookie = cookies_of(request).get(NAME)
    return request.world or header or cookie or next(iter(parse_query(request.query).get(NAME, ())), "") or DEFAULT


def split(path: str) -> tuple[str, str]:
    """A world's name and the rest of a path that begins with `/__world/NAME`: what the mock issues where a header can't be sent."""
    name, slash, rest = path.removeprefix(PREFIX).partition("/")
    return unquote(name), slash + rest
