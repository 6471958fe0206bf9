"""Servers that answer everything alike: each must be told in few words, whatever the contract."""

from .web import App, Asked

SPA = "<!doctype html><html><head><title>Shop</title></head><body><div id=root></div><script src=/main.js></script></body></html>"
ANSWERS = {
    "empty": (200, {}),
    "null": (200, b"null"),
    "text": (200, b'"ok"'),
    "list": (200, b"[]"),
    "crash": (500, {"message": "Internal server error"}),
    "spa": (200, SPA),
    "lost": (404, "<html><body>404 page not found</body></html>"),
    "denied": (401, {"message": "Unauthorized"}),
    "gateway": (502, "<html><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></html>"),
}


def app(name: str) -> App:
    made = App()
    made.lost = lambda asked: ANSWERS[name]
    return made


def readonly(rows: list[dict[str, object]]) -> App:
    """Reads are answered, every write is 405."""
    made = App()

    def before(asked: Asked) -> tuple[object, ...] | None:
        return (
            None if asked.method in ("GET", "HEAD", "OPTIONS") else (405, {"statusCode": 405, "message": "Method Not Allowed"}, {"Allow": "GET, HEAD, OPTIONS"})
        )

    made.before = before
    made.on("GET", "/api/events")(lambda asked: (200, rows))
    made.on("GET", "/api/events/upcoming")(lambda asked: (200, rows))
    made.on("GET", "/api/events/<id>")(lambda asked: next(((200, row) for row in rows if str(row["idEvent"]) == asked.args[0]), made.lost(asked)))
    return made
