"""What a front end does to the event platform while somebody looks at the console."""

import json
from dataclasses import dataclass
from typing import Any

from tests.mock_process import ask

USER = {"username": "user@example.com", "password": "password123"}


@dataclass(frozen=True)
class Backend:
    """The gateway and the sockets of a running mock."""

    url: str
    sockets: str

    @property
    def ui(self) -> str:
        return f"{self.url}/__admin/ui"

    def admin(self, method: str, path: str, body: Any = None, world: str | None = None) -> Any:
        """What the control API answers."""
        headers = {"x-understudy-world": world} if world else {}
        status, _, text = ask(f"{self.url}/__admin{path}", body, headers, method)
        assert status < 300, text
        return json.loads(text)

    def clear(self) -> None:
        """The default world as seeded, and no other one."""
        self.admin("POST", "/reset")
        for name in [item["name"] for item in self.admin("GET", "/snapshots")]:
            self.admin("DELETE", f"/snapshots/{name}")
        for name in [item["name"] for item in self.admin("GET", "/worlds")][1:]:
            self.admin("DELETE", f"/worlds/{name}")

    def get(self, path: str, **headers: str) -> int:
        """The status of a request."""
        return ask(f"{self.url}{path}", headers={name.replace("_", "-"): value for name, value in headers.items()})[0]

    def post(self, path: str, body: Any, **headers: str) -> int:
        return ask(f"{self.url}{path}", body, {name.replace("_", "-"): value for name, value in headers.items()})[0]

    def sign_in(self) -> str:
        """The header of a signed-in user."""
        found = json.loads(ask(f"{self.url}/api/auth/login", USER)[2])
        return f"Bearer {found['access_token']}"

    def seats(self, event: int) -> int:
        """How many seats of an event are free."""
        found = json.loads(ask(f"{self.url}/api/events/{event}/tickets")[2])
        return sum(category["availableSeats"] for category in found)
