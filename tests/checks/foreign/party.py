"""A watch party in Django's manner: slashes, `{detail}`, maps of field to messages, cookies over plain http; nobody can register."""

from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

from .web import Answer, App, Asked

PEOPLE = {"ada@party.test": ("lovelace-1", 7), "bob@party.test": ("builder-1", 8)}


def app() -> App:
    made, parties, sessions, numbers = App(), dict[str, dict[str, Any]](), dict[str, int](), count(1)

    def who(asked: Asked) -> int | None:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        cookie = asked.headers.get("cookie", "").partition("sessionid=")[2].partition(";")[0]
        return sessions.get(token) or sessions.get(cookie)

    def guard(asked: Asked) -> Answer | None:
        if not asked.path.endswith("/"):
            return 301, b"", {"Location": f"{asked.path}/"}
        if asked.path.startswith("/api/auth/") or who(asked):
            return None
        return 401, {"detail": "Authentication credentials were not provided."}, {"WWW-Authenticate": 'Bearer realm="api"'}

    def login(asked: Asked) -> Answer:
        body = asked.body if isinstance(asked.body, dict) else {}
        missing = {name: ["This field is required."] for name in ("email", "password") if not body.get(name)}
        if missing:
            return 400, missing
        password, number = PEOPLE.get(str(body["email"]), (None, 0))
        if password != body["password"]:
            return 401, {"detail": "No active account found with the given credentials"}
        token = f"session-{next(numbers)}"
        sessions[token] = number
        return 200, {"access": token, "refresh": f"r-{token}", "user": number}, {"Set-Cookie": [f"sessionid={token}; Secure; HttpOnly", "csrftoken=x; Secure"]}

    def create(asked: Asked) -> Answer:
        if not isinstance(asked.body, dict) or not isinstance(asked.body.get("title"), str):
            return 400, {"title": ["This field is required."]}
        made_at = datetime.now(UTC).isoformat()
        party = {**asked.body, "id": str(uuid4()), "host": who(asked), "status": "scheduled", "participants": [], "created_at": made_at, "updated_at": made_at}
        parties[party["id"]] = party
        return 201, party

    def show(asked: Asked) -> Answer:
        party = parties.get(asked.args[0])
        return (200, party) if party and party["host"] == who(asked) else (404, {"detail": "Not found."})

    made.before = guard
    made.lost = lambda asked: (404, "<!doctype html><title>Not Found</title><h1>Not Found</h1>")
    made.on("POST", "/api/auth/login/")(login)
    made.on("GET", "/api/parties/")(
        lambda asked: (200, {"next": None, "previous": None, "results": [row for row in parties.values() if row["host"] == who(asked)]})
    )
    made.on("POST", "/api/parties/")(create)
    made.on("GET", "/api/parties/<id>/")(show)
    made.on("GET", "/api/notifications/")(lambda asked: (200, []))
    made.on("GET", "/api/videos/")(lambda asked: (200, {"count": 0, "results": None}))
    return made
