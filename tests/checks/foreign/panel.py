"""The admin panel of savebucks in Laravel's manner: 422 with `{message, errors: {field: [...]}}`, `data` resources, its own tokens."""

from typing import Any

from .web import Answer, App, Asked

TOKENS = {"1|admin": {"id": "u-1", "role": "admin"}, "2|plain": {"id": "u-2", "role": "user"}}


def invalid(**errors: str) -> Answer:
    return 422, {"message": "The given data was invalid.", "errors": {name: [text] for name, text in errors.items()}}


def guard(asked: Asked) -> Answer | None:
    who = TOKENS.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
    if asked.path.startswith("/api/auth"):
        return None
    if who is None:
        return 401, {"message": "Unauthenticated."}
    return None if who["role"] == "admin" else (403, {"message": "This action is unauthorized."})


def app() -> App:
    made, offers = App(), dict[int, dict[str, Any]]()
    users = {f"u-{number}": {"id": f"u-{number}", "email": f"user{number}@shop.test", "status": "active", "balance": "12.50"} for number in range(1, 6)}
    made.before = guard
    made.lost = lambda asked: (404, {"message": f"The route {asked.path.strip('/')} could not be found."})

    def page(rows: list[Any]) -> Answer:
        return 200, {"data": rows, "links": {"first": "?page=1", "last": "?page=1"}, "meta": {"current_page": 1, "per_page": 15, "total": len(rows)}}

    def login(asked: Asked) -> Answer:
        if not isinstance(asked.body, dict) or "login" not in asked.body:
            return invalid(login="The login field is required.", secret="The secret field is required.")
        return 401, {"message": "These credentials do not match our records."}

    def create(asked: Asked) -> Answer:
        if not isinstance(asked.body, dict) or not asked.body.get("title"):
            return invalid(title="The title field is required.")
        number = len(offers) + 1
        offers[number] = {**asked.body, "id": number, "status": "pending"}
        return 201, {"data": offers[number]}

    def found(rows: dict[Any, Any], asked: Asked) -> Answer:
        row = rows.get(asked.args[0]) or rows.get(int(asked.args[0]) if asked.args[0].isdigit() else None)
        return (200, {"data": row}) if row else (404, {"message": "No query results for model."})

    made.on("POST", "/api/auth/login")(login)
    made.on("GET", "/api/admin/users")(lambda asked: page(list(users.values())))
    made.on("GET", "/api/admin/users/<id>")(lambda asked: found(users, asked))
    made.on("GET", "/api/admin/offers")(lambda asked: page(list(offers.values())))
    made.on("POST", "/api/admin/offers")(create)
    made.on("GET", "/api/admin/offers/<id>")(lambda asked: found(offers, asked))
    made.on("DELETE", "/api/admin/offers/<id>")(lambda asked: (200, {"data": offers.pop(int(asked.args[0]), None)}))
    made.on("GET", "/api/admin/analytics/dashboard")(lambda asked: (200, {"data": None}))
    return made
