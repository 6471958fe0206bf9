"""What a target lets a check do to its time: its own mock, or any target with a control API like it, can be moved on; others only be waited for."""

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from contract_tests.checks import NotChecked
from contract_tests.exchange import Exchange
from contract_tests.timing import now
from understudy.contract.functions import time as clock_time

if TYPE_CHECKING:
    from contract_tests.session import Session

__all__ = ["Steering"]

CLOSE = 2.0  # seconds by which two clocks may differ
PATIENT = 5.0  # seconds that are waited for in any case


class Steering:
    """The clock of a target, and what else its control API tells."""

    def __init__(self, session: "Session") -> None:
        self.session = session
        self._health: dict[str, Any] | None = None
        self._asked = False
        self.moved = 0.0

    @property
    def health(self) -> dict[str, Any] | None:
        """What /__admin/health says; None on a target without it."""
        if not self._asked:
            self._asked = True
            url = next(iter(self.session.urls.values()))
            answer = self.session.client.send("GET", f"{url}/__admin/health", patient=False)
            self._health = answer.json if answer.ok and isinstance(answer.json, dict) and {"status", "backend"} <= answer.json.keys() else None
            self.moved = self._ahead(url) if self._health else 0.0
        return self._health

    def _ahead(self, url: str) -> float:
        """How far the target's clock is before ours: somebody may have moved it before this run."""
        answer = self.session.client.send("GET", f"{url}/__admin/clock", patient=False)
        told = clock_time(answer.json.get("now")) if answer.ok and isinstance(answer.json, dict) else None
        ahead = told - now() if told is not None else 0.0
        return ahead if abs(ahead) > CLOSE else 0.0

    @property
    def steerable(self) -> bool:
        """Whether time can be moved."""
        return self.health is not None

    def advance(self, seconds: float, what: str) -> None:
        """Lets so much time pass. Raises NotChecked where it can only be waited for and that is too long."""
        if self.steerable:
            url = next(iter(self.session.urls.values()))
            body = json.dumps({"seconds": seconds}).encode()
            answer = self.session.client.send("POST", f"{url}/__admin/clock/advance", {"content-type": "application/json"}, body)
            if answer.ok:
                self.moved += seconds
                return
        if seconds > PATIENT and not self.session.options.slow:
            raise NotChecked(f"{what} takes {seconds:g} s and the target's clock can't be moved; --slow waits for it")
        if seconds > self.session.client.remaining():
            raise NotChecked(f"{what} takes {seconds:g} s, and the run has less left")
        time.sleep(seconds)

    def rows(self, collection: str) -> list[dict[str, Any]]:
        """The stored rows of a collection, as the control API shows them. Raises NotChecked on a target without it."""
        answer = self._state("GET", collection, f"what of {collection} is stored")
        found = answer.json
        items = found if isinstance(found, list) else next((item for item in found.values() if isinstance(item, list)), []) if isinstance(found, dict) else []
        return [row for row in items if isinstance(row, dict)]

    def change(self, collection: str, key: Any, fields: Mapping[str, Any]) -> Exchange:
        """Changes fields of a row by the control API, as an operation would. Raises NotChecked where that can't be done."""
        return self._state("PATCH", f"{collection}/{quote(str(key), safe='')}", f"a change of {collection}", fields)

    def _state(self, method: str, place: str, what: str, body: Any = None) -> Exchange:
        if not self.steerable:
            raise NotChecked(f"{what} can't be had from outside: the target has no control API")
        url = f"{next(iter(self.session.urls.values()))}/__admin/state/{place}"
        content = b"" if body is None else json.dumps(body).encode()
        answer = self.session.client.send(method, url, {"content-type": "application/json"} if content else {}, content)
        if not answer.ok:
            raise NotChecked(f"{what} can't be had: the control API answered {answer.status}")
        return answer

    def secret(self, name: str) -> str | None:
        """A secret of the target: as given by `--secret NAME=VALUE`, by the environment, or as its control API tells."""
        given = dict(text.partition("=")[::2] for text in self.session.options.secrets)
        told = _find(self.health, name) if self.health else None
        return given.get(name) or self.session.options.environment.get(name) or told or (self.session.contract.settings.get("secrets") or {}).get(name)


def _find(value: Any, name: str) -> str | None:
    if isinstance(value, dict):
        if isinstance(value.get(name), str):
            return str(value[name])
        return next((found for item in value.values() if (found := _find(item, name))), None)
    if isinstance(value, list):
        return next((found for item in value if (found := _find(item, name))), None)
    return None
