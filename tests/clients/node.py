"""Real clients in Node: Python says what their sockets do, and reads what these met."""

import itertools
import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

HERE = Path(__file__).parent
PATIENCE = 15  # seconds after which what did not come is taken for lost
T = TypeVar("T")
S = TypeVar("S", bound="Socket")


class Met(NamedTuple):
    """An event that reached a socket, with its first argument; or what happened to the socket, such as `connect`."""

    event: str
    data: Any


class Script:
    """A Node process that does what it is asked for. Each line that it prints answers a request, or tells what a socket met."""

    def __init__(self, name: str) -> None:
        self._process = subprocess.Popen(["node", name], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        self._changed = threading.Condition()
        self._answers: dict[int, dict[str, Any]] = {}
        self._met: dict[str, list[Met]] = {}
        self._numbers = itertools.count(1)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def follow(self, socket: str) -> list[Met]:
        """What a socket meets from now on."""
        return self._met.setdefault(socket, [])

    def do(self, act: str, *arguments: Any) -> Any:
        """What the script answers to a request."""
        number = next(self._numbers)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, "act": act, "args": arguments}) + "\n")
        self._process.stdin.flush()
        answer = self.until(lambda: self._answers.pop(number, None), lambda: f"no answer to {act}")
        assert "failure" not in answer, answer["failure"]
        return answer["value"]

    def until(self, found: Callable[[], T | None], lost: Callable[[], str]) -> T:
        """What is found, as soon as it is."""
        results: list[T] = []

        def look() -> bool:
            if (result := found()) is not None:
                results.append(result)
            return bool(results)

        with self._changed:
            assert self._changed.wait_for(look, PATIENCE), lost()
        return results[0]

    def kill(self) -> None:
        """Ends the process as a crash does: whoever talked with it finds the connection closed."""
        self._process.kill()

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            told = json.loads(line)
            with self._changed:
                if "answer" in told:
                    self._answers[told["answer"]] = told
                else:
                    self._met[told["socket"]].append(Met(told["event"], told["data"]))
                self._changed.notify_all()


class Socket:
    """A client socket. settle: waits until the server has answered something that was sent now, and so all that came before it."""

    def __init__(self, script: Script, name: str, settle: Callable[[Any], object]) -> None:
        self._script, self._name, self._settle = script, name, settle
        self._met = script.follow(name)

    def do(self, act: str, *arguments: Any) -> Any:
        """What the script answers when it acts through this socket."""
        return self._script.do(act, self._name, *arguments)

    def wait(self, event: str) -> Any:
        """Takes the first event of this name that was not taken yet: its data."""
        return self._script.until(lambda: self._take(event), lambda: f"there came no {event}, only {self._met}").data

    def story(self, last: str) -> list[Met]:
        """Takes all that was not taken yet, up to an event."""
        return self._script.until(lambda: self._take_to(last), lambda: f"there came no {last}, only {self._met}")

    def rest(self) -> list[Met]:
        """Takes all that was not taken yet and was sent by now."""
        self._settle(self)
        found, self._met[:] = list(self._met), []
        return found

    def _take(self, event: str) -> Met | None:
        places = (place for place, item in enumerate(self._met) if item.event == event)
        return self._met.pop(place) if (place := next(places, None)) is not None else None

    def _take_to(self, last: str) -> list[Met] | None:
        place = next((place for place, item in enumerate(self._met) if item.event == last), None)
        if place is None:
            return None
        found, self._met[:] = self._met[: place + 1], self._met[place + 1 :]
        return found


class SocketIO(Socket):
    """A socket of socket.io-client. Its own happenings are connect, connect_error, disconnect and upgrade."""

    script = "socketio.mjs"

    def emit(self, event: str, *data: Any) -> None:
        """Sends an event."""
        self.do("emit", event, *data)

    def ask(self, event: str, *data: Any) -> Any:
        """Sends an event and gives what the server acknowledges it with."""
        return self.do("ask", event, *data)

    def idle(self) -> None:
        """Lets the client's event loop turn until a polling client has sent its next poll."""
        for _ in range(20):
            self.do("transport")


class Frames(Socket):
    """A socket of ws, with JSON frames that go by their `event` or `type`. Its own happenings are open, close and failure."""

    script = "websocket.mjs"

    def send(self, frame: Any) -> None:
        """Sends a frame."""
        self.do("send", json.dumps(frame))


class Clients(Generic[S]):
    """Sockets of one kind, all in one process."""

    def __init__(self, kind: type[S]) -> None:
        self._kind, self._script = kind, Script(kind.script)
        self._numbers = itertools.count(1)

    def open(self, url: str, *arguments: Any, settle: Callable[[S], object]) -> S:
        """A new socket, which may not be connected yet."""
        socket = self._kind(self._script, f"socket {next(self._numbers)}", settle)
        socket.do("open", url, *arguments)
        return socket

    def leave(self) -> None:
        """Closes all sockets."""
        self._script.do("leave")

    def kill(self) -> None:
        """Ends the process at once, with all that it has open."""
        self._script.kill()

    def close(self) -> None:
        """Ends the process."""
        self._script.close()
