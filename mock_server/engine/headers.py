"""The headers of an answer."""

import json

from mock_server.engine.call import Call
from mock_server.engine.problem import Violation

HTML_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
SAFETY = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
LONGEST_HEADER = 4096


def finished(call: Call) -> list[tuple[bytes, bytes]]:
    """The headers of an answer."""
    reply, plan = call.reply, call.plan
    assert reply is not None
    headers = plan.base_headers.copy() if reply.media is None else typed(reply.media)
    if call.violations:
        headers.append((b"understudy-violations", violations_header(call.violations)))
    if reply.headers:
        headers += [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in reply.headers.items()]
    if reply.cookies:
        headers += [(b"set-cookie", cookie.encode("latin-1", "replace")) for cookie in reply.cookies]
    if plan.own_headers:
        headers += [(name, str(compiled(call.scope)).encode("latin-1", "replace")) for name, compiled in plan.own_headers]
    allowance = call.allowance
    if allowance is not None:
        headers += [
            (b"ratelimit-limit", b"%d" % allowance.limit),
            (b"ratelimit-remaining", b"%d" % allowance.left),
            (b"ratelimit-reset", b"%d" % allowance.reset),
        ]
    return headers


def typed(media_type: str) -> list[tuple[bytes, bytes]]:
    """The headers of a body of a media type; '' is no body."""
    kind = [(b"content-type", media_type.encode()), *SAFETY] if media_type else list(SAFETY)
    return [*kind, (b"content-security-policy", HTML_POLICY.encode())] if media_type.startswith("text/html") else kind


def violations_header(found: list[Violation]) -> bytes:
    """The violations as one line of ASCII JSON, as many as fit."""
    kept: list[bytes] = []
    size = 2
    for violation in found:
        text = json.dumps(violation.as_json(), default=str, separators=(",", ":")).encode()
        if size + len(text) + 1 > LONGEST_HEADER:
            break
        kept.append(text)
        size += len(text) + 1
    return b"[" + b",".join(kept) + b"]"
