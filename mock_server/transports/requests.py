"""An ASGI scope as the engine's request."""

from typing import Any

from mock_server.engine.call import Request
from mock_server.engine.selection import split
from mock_server.state.world import PREFIX


def within_world(scope: Any) -> Any:
    """A scope whose path begins with `/__world/NAME` as one that is mounted there; any other as it is."""
    root = scope.get("root_path", "")
    path = scope["path"].removeprefix(root)
    if not path.startswith(PREFIX):
        return scope
    name, rest = split(path)
    return {**scope, "root_path": f"{root}{PREFIX}{name}", "path": f"{root}{PREFIX}{name}{rest or '/'}"}


def request_of(scope: Any) -> Request:
    """The request of an HTTP or WebSocket scope, without its body."""
    headers, path, root, client = dict(scope["headers"]), scope["path"], scope.get("root_path", ""), scope.get("client")
    if b"%" in scope.get("raw_path", b""):
        path = scope["raw_path"].decode("latin-1")
    if len(headers) != len(scope["headers"]) and b"prefer" in headers:
        headers[b"prefer"] = b", ".join(value for name, value in scope["headers"] if name == b"prefer")
    path = path[len(root) :] if root and path.startswith(root) else path
    root, _, world = root.partition(PREFIX)
    host = headers.get(b"host", b"").decode("latin-1")
    address = headers[b"x-forwarded-for"].split(b",")[0].decode("latin-1") if b"x-forwarded-for" in headers else client[0] if client else ""
    secure = headers.get(b"x-forwarded-proto", b"") == b"https" or scope["scheme"] in ("https", "wss")
    return Request(scope.get("method", "GET"), path, scope["query_string"], headers, b"", address, secure, host, root, world or None)
