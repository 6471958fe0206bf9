"""The answers that idempotency keys keep, as JSON: for files, and for other processes."""

from typing import Any

from mock_server.engine.call import Reply

Key = tuple[Any, ...]  # operation, account, what the client sent
Asked = tuple[str, bytes]  # the request that was answered: path and body
Kept = tuple[Asked, Reply | None]  # no reply while it is being made


def plain_key(key: Key) -> list[Any]:
    """A key as JSON."""
    return [part.decode("latin-1") if isinstance(part, bytes) else part for part in key]


def read_key(key: list[Any]) -> Key:
    """A key from its JSON."""
    return (key[0], key[1], key[2].encode("latin-1"))


def written(asked: Asked, reply: Reply | None) -> list[Any]:
    """A request and its answer as JSON."""
    path, body = asked
    if reply is None:
        return [path, body.decode("latin-1"), None]
    value = reply.value.decode() if isinstance(reply.value, bytes) else None
    return [path, body.decode("latin-1"), [value, reply.status, reply.headers, reply.media, reply.cookies]]


def read(kept: list[Any]) -> Kept:
    """A request and its answer from their JSON."""
    path, body, reply = kept
    asked = (path, body.encode("latin-1"))
    if reply is None:
        return asked, None
    value, status, headers, media, cookies = reply
    return asked, Reply(value if value is None else value.encode(), status, headers, media, cookies=cookies)
