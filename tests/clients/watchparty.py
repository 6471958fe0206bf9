"""The watch party: parties of a test's own, and their four channels."""

import json
import urllib.request
from typing import Any

from ..mock_process import Mock
from .node import Clients, Frames
from .rest import PASSWORD, Rest, session

USER, SECOND, ADMIN = "user@example.com", "second@example.com", "admin@example.com"
IDS = {email: f"00000000-0000-4000-8000-00000000000{number}" for number, email in enumerate((USER, SECOND, ADMIN), 1)}
NAMES = {email: {"id": IDS[email], "username": email.partition("@")[0]} for email in IDS}


def settle(socket: Frames) -> None:
    """A ping and its answer."""
    socket.send({"type": "ping"})
    socket.wait("pong")


class Cinema:
    """A running mock."""

    def __init__(self, mock: Mock, clients: Clients[Frames]) -> None:
        self.base, self._clients = mock.url("api"), clients

    def token(self, email: str) -> str:
        return str(session(f"{self.base}/api/auth/login/", email=email, password=PASSWORD)["access"])

    def rest(self, email: str = USER) -> Rest:
        return Rest(f"{self.base}/api", self.token(email))

    def party(self, visibility: str = "public", **fields: Any) -> str:
        """The id of a new party, hosted by the first user."""
        body = {"title": "Film night", "scheduled_for": "2031-05-04T18:00:00Z", "visibility": visibility, **fields}
        return str(self.rest().post("/parties/", body)["id"])

    def invite(self, party: str, email: str) -> None:
        """Makes somebody a participant. Ten times a minute at most."""
        self.rest().post(f"/parties/{party}/invite/", {"emails": [email]})

    def status(self, party: str) -> str:
        return str(self.rest().get(f"/parties/{party}/")["status"])

    def open(self, path: str, token: str | None = None, protocols: tuple[str, ...] = (), greetings: tuple[Any, ...] = ()) -> Frames:
        """A socket at a path below /ws/. greetings: frames that it sends as soon as it is open."""
        url = f"{self.base.replace('http', 'ws', 1)}/ws/{path}/" + (f"?token={token}" if token else "")
        return self._clients.open(url, protocols, {}, [json.dumps(item) for item in greetings], settle=settle)

    def enter(self, path: str, email: str) -> Frames:
        """A socket of a user, which has heard of its own coming."""
        socket = self.open(path, self.token(email))
        socket.wait("open")
        socket.rest()
        return socket

    def upload(self, title: str) -> str:
        """The id of a video that is not processed yet."""
        fields = f'--cut\r\nContent-Disposition: form-data; name="title"\r\n\r\n{title}\r\n'
        file = '--cut\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\nContent-Type: video/mp4\r\n\r\nbytes\r\n--cut--\r\n'
        headers = {"authorization": f"Bearer {self.token(USER)}", "content-type": "multipart/form-data; boundary=cut"}
        request = urllib.request.Request(f"{self.base}/api/videos/upload/", (fields + file).encode(), headers, method="POST")
        with urllib.request.urlopen(request) as answer:
            return str(json.load(answer)["id"])
