"""Connections that a fault ends before the answer is whole."""

from collections.abc import Awaitable, Callable
from typing import Any

from mock_server.engine.entries import Response
from mock_server.transports.cors import Headers

ABORT = "understudy.abort"  # the extension by which our protocol lets an application end its connection
Send = Callable[[Any], Awaitable[None]]


async def cut_off(scope: Any, send: Send, response: Response, headers: Headers, body: bytes) -> None:
    """Sends as much of an answer as is to arrive, then ends the connection: with a reset if that is nothing at all."""
    assert response.kept is not None
    if response.kept >= 0:
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": body[: response.kept], "more_body": True})
    abort = (scope.get("extensions") or {}).get(ABORT)
    if abort is None:
        raise ConnectionAbortedError("A fault ends this connection, and this server offers no other way")
    abort(response.kept < 0)
