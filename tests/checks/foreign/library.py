"""A city library, with a document as teams write them. Right without a flaw; each flaw breaks one thing that everybody would expect."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .web import Answer, App, Asked

DOCUMENT = Path(__file__).with_name("library.yaml")
KEY = "sesame"
FLAWS = ("lost-writes", "blind-filter", "wrong-total", "zombie", "open-doors", "no-limit", "html-errors", "truncates", "patch-clears", "no-creates", "shape")
GENRES = ("fiction", "science", "history")


def problem(status: int, title: str, detail: str = "") -> Answer:
    return status, {"type": "about:blank", "title": title, "status": status, "detail": detail}, {"Content-Type": "application/problem+json"}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Library:
    def __init__(self, flaw: str) -> None:
        self.flaw, self.loans = flaw, dict[int, dict[str, Any]]()
        self.books = {
            f"978000000{number:04}": {"isbn": f"978000000{number:04}", "title": f"Book {number}", "summary": None if number % 3 else "s",
                                      "genre": GENRES[number % 3], "copies": number, "addedAt": _now()}
            for number in range(1, 30)
        }  # fmt: skip

    def guard(self, asked: Asked) -> Answer | None:
        if self.flaw == "open-doors" or asked.path == "/openapi.json" or asked.headers.get("x-library-key") == KEY:
            return None
        return problem(401, "Unauthorized", "X-Library-Key")

    def lost(self, asked: Asked) -> Answer:
        known = {"v1/books": ("GET", "POST"), "v1/loans": ("GET", "POST")}.get(asked.path.strip("/"))
        known = known or (("GET", "PATCH", "DELETE") if re.fullmatch(r"/v1/books/[^/]+", asked.path) else None)
        known = (
            known
            or (("GET",) if re.fullmatch(r"/v1/loans/[^/]+", asked.path) else None)
            or (("POST",) if re.fullmatch(r"/v1/loans/[^/]+/return", asked.path) else None)
        )
        if self.flaw == "html-errors":
            return 404, "<h1>404</h1>"
        if not known:
            return problem(404, "Not Found")
        status, body, headers = problem(405, "Method Not Allowed")
        return status, body, {**headers, "Allow": ", ".join(known)}

    def index(self, asked: Asked) -> Answer:
        try:
            limit, offset = int(asked.query.get("limit", 20)), int(asked.query.get("offset", 0))
        except ValueError:
            return problem(400, "Bad Request", "limit, offset")
        genre = asked.query.get("genre")
        if not 1 <= limit <= 100 or offset < 0 or (genre is not None and genre not in GENRES):
            return problem(400, "Bad Request", "limit, offset, genre")
        rows = [book for book in self.books.values() if self.flaw == "blind-filter" or genre in (None, book["genre"])]
        total = len(rows) + (3 if self.flaw == "wrong-total" else 0)
        page = rows if self.flaw == "no-limit" else rows[offset : offset + limit]
        return 200, {"items": page, "total": str(total) if self.flaw == "shape" else total}

    def wrong(self, body: Any, whole: bool) -> str:
        if not isinstance(body, dict):
            return "no object"
        for name in ("isbn", "title", "genre") if whole else ():
            if name not in body:
                return f"{name} is missing"
        rules = {
            "isbn": lambda value: isinstance(value, str) and re.fullmatch(r"[0-9]{13}", value),
            "title": lambda value: isinstance(value, str) and 1 <= len(value) <= 200,
            "summary": lambda value: value is None or isinstance(value, str),
            "genre": lambda value: value in GENRES,
            "copies": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value == int(value) and value >= 0,
        }
        return next((name for name, good in rules.items() if name in body and not good(body[name])), "")

    def create(self, asked: Asked) -> Answer:
        if "json" not in asked.headers.get("content-type", ""):
            return problem(415, "Unsupported Media Type")
        if wrong := self.wrong(asked.body, True):
            return problem(422, "Unprocessable", wrong)
        if self.flaw == "no-creates":
            return problem(503, "Service Unavailable", "the catalogue is frozen")
        if asked.body["isbn"] in self.books:
            return problem(409, "Conflict", "isbn")
        book = {
            "summary": None,
            "copies": 1,
            **{name: asked.body[name] for name in ("isbn", "title", "summary", "genre", "copies") if name in asked.body},
            "addedAt": _now(),
        }
        if self.flaw != "lost-writes":
            self.books[book["isbn"]] = {**book, "title": book["title"][:8]} if self.flaw == "truncates" else book
        return 201, book

    def show(self, asked: Asked) -> Answer:
        book = self.books.get(asked.args[0])
        return (200, book) if book else problem(404, "Not Found")

    def update(self, asked: Asked) -> Answer:
        book = self.books.get(asked.args[0])
        if book is None:
            return problem(404, "Not Found")
        if asked.raw and "json" not in asked.headers.get("content-type", ""):
            return problem(415, "Unsupported Media Type")
        body = asked.body if asked.raw else {}
        if wrong := self.wrong(body, False):
            return problem(422, "Unprocessable", wrong)
        changed = {name: value for name, value in body.items() if name in ("title", "summary", "copies")}
        if self.flaw == "patch-clears":
            changed = {"summary": None, "copies": 0, **changed}
        if self.flaw != "lost-writes":
            self.books[book["isbn"]] = {**book, **changed}
        return 200, {**book, **changed}

    def destroy(self, asked: Asked) -> Answer:
        if asked.args[0] not in self.books:
            return problem(404, "Not Found")
        if self.flaw != "zombie":
            del self.books[asked.args[0]]
        return 204, b""

    def lend(self, asked: Asked) -> Answer:
        body = asked.body
        if "json" not in asked.headers.get("content-type", ""):
            return problem(415, "Unsupported Media Type")
        if not isinstance(body, dict) or not isinstance(body.get("reader"), str) or not body["reader"] or not isinstance(body.get("bookIsbn"), str):
            return problem(422, "Unprocessable")
        if body["bookIsbn"] not in self.books:
            return problem(409, "Conflict", "no such book")
        number = len(self.loans) + 1
        self.loans[number] = {"id": number, "bookIsbn": body["bookIsbn"], "reader": body["reader"], "lentAt": _now(), "returnedAt": None}
        return 201, self.loans[number]

    def loan(self, asked: Asked) -> Answer:
        if not asked.args[0].lstrip("-").isdigit():
            return problem(400, "Bad Request", "loanId")
        found = self.loans.get(int(asked.args[0]))
        return (200, found) if found else problem(404, "Not Found")

    def give_back(self, asked: Asked) -> Answer:
        status, found, *rest = self.loan(asked)
        if status != 200:
            return status, found, *rest
        if found["returnedAt"]:
            return problem(409, "Conflict", "it is back already")
        found["returnedAt"] = _now()
        return 200, found


def app(flaw: str = "") -> App:
    library, made = Library(flaw), App()
    made.before, made.lost = library.guard, library.lost
    made.on("GET", "/v1/books")(library.index)
    made.on("POST", "/v1/books")(library.create)
    made.on("GET", "/v1/books/<isbn>")(library.show)
    made.on("PATCH", "/v1/books/<isbn>")(library.update)
    made.on("DELETE", "/v1/books/<isbn>")(library.destroy)
    made.on("GET", "/v1/loans")(lambda asked: (200, {"items": list(library.loans.values()), "total": len(library.loans)}))
    made.on("POST", "/v1/loans")(library.lend)
    made.on("GET", "/v1/loans/<id>")(library.loan)
    made.on("POST", "/v1/loans/<id>/return")(library.give_back)
    return made
