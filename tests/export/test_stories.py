"""What Python functions do in the mock, their JavaScript twins do in the export: each is met on a path that succeeds, and on one that does not."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_server.app import bound_functions, twins_text
from mock_server.engine.call import Request
from understudy.contract.reader import backend_names, read
from understudy.export import folder, msw
from understudy.wire import codes

from .javascript import furnish, node
from .traffic import SEED, Traffic

PASSWORD = "password123"
TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PLATFORMS = ("facebook", "instagram", "tiktok", "telegram", "viber")


class Story(Traffic):
    """Requests by hand, recorded as traffic is."""

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None, service: str = "") -> Any:
        """The JSON of an answer, its text if it is none."""
        headers = {b"content-type": b"application/json"} if body is not None else {}
        headers |= {b"authorization": f"Bearer {token}".encode()} if token else {}
        target, _, query = path.partition("?")
        sent = b"" if body is None else json.dumps(body).encode()
        self._send(service or self.contract.services[0].name, Request(method, target, query.encode(), headers, sent))
        answer = self.steps[-1]["answer"].encode("latin-1")
        return json.loads(answer) if self.steps[-1]["media"] == "application/json" else answer.decode()

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.world.clock.freeze(self.now)

    def statuses(self) -> list[int]:
        return [step["status"] for step in self.steps]


@pytest.fixture
def replayed(tmp_path: Path, requires: Callable[..., None]) -> Callable[[Story], None]:
    def replay(story: Story) -> None:
        requires("node")
        folder.write(tmp_path / story.contract.name, msw.files(story.contract, SEED))
        furnish(tmp_path)
        *differing, summary = map(json.loads, node(tmp_path, "replay.mjs", json.dumps(story.run(0))).splitlines())
        assert not differing, json.dumps(differing[0], indent=1)[:4000]
        assert summary["total"] == len(story.steps) > 3

    return replay


def story(backend: str) -> Story:
    return Story(read(backend), 0)


def test_an_oauth_popup_ends_with_a_page_and_its_state_is_good_once(replayed: Callable[[Story], None]) -> None:
    told = story("cliick")
    token = told.ask("POST", "/api/auth/login", {"email": "test@example.com", "password": PASSWORD})["accessToken"]
    for platform in PLATFORMS:
        state = told.ask("POST", f"/api/shops/shop_123/integrations/{platform}/connect", {}, token)["state"]
        page = told.ask("GET", f"/oauth/{platform}/callback?code=abc&state={state}")
        assert '"success": true' in page
        told.ask("GET", f"/oauth/{platform}/callback?code=abc&state={state}")
    assert told.statuses()[1:] == [200, 200, 409] * len(PLATFORMS)
    replayed(told)


def test_a_confirmed_payment_is_told_by_a_signed_event(replayed: Callable[[Story], None]) -> None:
    told = story("cliick")
    token = told.ask("POST", "/api/auth/login", {"email": "test@example.com", "password": PASSWORD})["accessToken"]
    made = told.ask("POST", "/api/shops/shop_123/payments/intent", {"orderId": "order_123", "amount": 2000, "currency": "usd", "provider": "stripe"}, token)
    told.ask("POST", "/api/shops/shop_123/payments/confirm", {"paymentIntentId": made["id"]}, token)
    before = told.ask("GET", "/api/shops/shop_123/orders/order_123", None, token)
    told.wait(10)
    after = told.ask("GET", "/api/shops/shop_123/orders/order_123", None, token)
    assert (before["paymentStatus"], after["paymentStatus"]) == ("pending", "paid")
    paid = {"object": {"id": made["id"], "object": "payment_intent"}}
    event = {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "created": 1, "data": paid}
    told.ask("POST", "/webhook/stripe", event)
    assert told.statuses()[-1] in (400, 401)
    replayed(told)


def test_a_second_factor_is_asked_for_and_its_code_is_good_once(replayed: Callable[[Story], None]) -> None:
    told = story("watchparty")
    for code in (codes.code(TOTP, told.now), "000000"):
        ticket = told.ask("POST", "/api/auth/login/", {"email": "twofactor@example.com", "password": PASSWORD})["ticket"]
        told.ask("POST", "/api/auth/verify-2fa/", {"ticket": ticket, "code": code})
        told.ask("POST", "/api/auth/verify-2fa/", {"ticket": ticket, "code": code})
    assert told.statuses() == [200, 200, 401, 200, 401, 401]
    replayed(told)


def test_google_signs_in_whom_its_token_names(replayed: Callable[[Story], None]) -> None:
    told = story("platng")
    named = base64.urlsafe_b64encode(json.dumps({"email": "second@example.com"}).encode()).decode().rstrip("=")
    for token in (f"x.{named}.y", "partner@example.com", "anything", "a.b.c", "invalid"):
        told.ask("POST", "/api/v1/auth/google", {"token": token})
    assert told.statuses() == [200, 200, 200, 200, 401]
    replayed(told)


@pytest.mark.parametrize("backend", backend_names())
def test_every_python_function_has_a_twin(backend: str) -> None:
    contract = read(backend)
    text = twins_text(contract) or ""
    for name in bound_functions(contract):
        assert name in text or name.startswith("complete"), f"{name} of {backend} has no twin in mock_server/backends/{backend}.js"
