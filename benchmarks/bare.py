"""The yardstick: a bare ASGI application that answers with recorded bytes, on the same uvicorn as the mock."""

import json
import os
from typing import Any

import uvicorn

ANSWERS: dict[str, tuple[int, bytes]] = {path: (status, text.encode()) for path, (status, text) in json.loads(os.environ.get("BARE_ANSWERS", "{}")).items()}
HEADERS = [(b"content-type", b"application/json")]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body and answers with what was recorded for the path."""
    if scope["type"] == "lifespan":
        return
    while (await receive()).get("more_body"):
        pass
    status, body = ANSWERS[scope["path"]]
    await send({"type": "http.response.start", "status": status, "headers": [*HEADERS, (b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


def serve(application: Any, port: int) -> None:
    """Serves as the mock does."""
    config = uvicorn.Config(
        application,
        port=port,
        http="httptools",
        ws="websockets-sansio",
        loop="auto",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    serve(app, int(os.environ["PORT"]))
