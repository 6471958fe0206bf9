"""The client for JavaScript that every mock serves: each call in Node, its types, and Chromium contexts that share a mock without meeting."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from ..mock_process import REPOSITORY, Mock, ask
from .node import HERE, PATIENCE

STATIC = REPOSITORY / "mock_server" / "control" / "static"
TSC = HERE / "node_modules" / ".bin" / "tsc"
NODE = ("--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext", "--lib", "es2022,dom,dom.iterable")
CONTEXTS = 8
NOWHERE = "http://127.0.0.1:2"  # a port that nobody listens on, and that fetch does not refuse by itself
REFUSALS = {
    "collection": (404, "There is no collection 'ordrs'. Did you mean 'orders'?"),
    "world": (409, "'a b' is no name of a world. Valid: up to 100 letters, digits, '.', '_', '~' and '-', a letter or digit first."),
    "ending": (409, "The default world can't be deleted; reset it."),
    "kick": (404, "There is no socket 'abc'; 0 are open."),
    "duration": (0, "'soon' is no duration. Valid: seconds such as 90, or 500ms, 90s, 5m, 2h, 1d."),
    "nowhere": (0, "No mock answers at NOWHERE: ECONNREFUSED. Start one: understudy mock"),
    "strange": (0, "No mock answers at URL/api: what is there has no control API (status 404). Start one: understudy mock"),
}


@pytest.fixture
def mock(mocks: Callable[[str], Mock], requires: Callable[..., None]) -> Mock:
    requires("node")
    running = mocks("eventplatform")
    ask(f"{running.url('gateway')}/__admin/reset", method="POST")
    return running


def story(mock: Mock, name: str) -> Any:
    """What a story of steering.mjs came to."""
    plan = json.dumps({"url": mock.url("gateway"), "nowhere": NOWHERE})
    done = subprocess.run(["node", "steering.mjs", plan, name], cwd=HERE, capture_output=True, text=True, timeout=4 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def calls(mocks: Callable[[str], Mock], requires: Callable[..., None]) -> dict[str, Any]:
    requires("node")
    ask(f"{mocks('eventplatform').url('gateway')}/__admin/reset", method="POST")
    return dict(story(mocks("eventplatform"), "calls"))


def test_it_is_served_for_pages_and_tests(mock: Mock) -> None:
    for name, kind in {"client.js": "text/javascript; charset=utf-8", "client.d.ts": "text/plain; charset=utf-8"}.items():
        status, headers, body = ask(f"{mock.url('realtime')}/__admin/{name}", headers={"origin": "http://localhost:4200"})
        assert (status, headers["content-type"]) == (200, kind)
        assert headers["access-control-allow-origin"] == "http://localhost:4200"
        assert body == (STATIC / name.replace("client", "understudy")).read_bytes()


def test_it_says_where_everything_is(calls: dict[str, Any]) -> None:
    assert calls["health"]["backend"] == "eventplatform"
    name = calls["headers"]["X-Understudy-World"]
    assert calls["cookies"] == {"understudy_world": name}
    url = calls["health"]["services"][0]["url"]
    assert calls["base"] == f"{url}/__world/{name}"
    assert calls["ofDefault"] == [url, {}, {}]


def test_it_moves_the_clock_of_its_world_alone(calls: dict[str, Any]) -> None:
    assert calls["frozen"] == {"now": "2026-11-21T12:00:00.000Z", "frozen": True, "rate": 1}
    assert calls["advanced"] == ["2026-11-21T12:05:01.000Z", "2026-11-21T12:10:01.000Z", "2026-11-21T12:10:01.500Z"]
    assert calls["now"] == "2026-11-21T12:10:01.500Z"
    assert calls["dated"] == "2030-01-01T00:00:00.000Z"
    assert (calls["rate"], calls["clock"], calls["ofOthers"]) == (60, {"frozen": False, "rate": 1}, False)


def test_it_reads_and_changes_rows(calls: dict[str, Any]) -> None:
    assert (calls["row"], calls["replaced"], calls["deleted"]) == (["Late show", "Later", 21], "Other", True)
    assert calls["counts"] == {"users": 12, "ticketCategories": 41, "events": 20, "orders": 12, "holds": 0}


def test_it_declares_faults(calls: dict[str, Any]) -> None:
    assert calls["faulty"] == [503, 200, 1]
    assert calls["faultless"] == [200, []]
    assert calls["removed"] == ["slow", 1]


def test_it_reads_the_log(calls: dict[str, Any]) -> None:
    assert calls["counted"] == [3, 1, 0]
    assert calls["waited"] == [503, 200]
    last = "GET /api/events 503; GET /api/events/1 200; GET /api/events 200"
    said = f'0 of 1 lines that fit {{"operation":"createOrder"}} after 50 ms. The log of 3 lines ends with: {last}.'
    assert (calls["inVain"]["error"], calls["inVain"]["status"]) == (said, 0)
    assert calls["cleared"] == [3, 0]


def test_it_brings_situations_about_and_back(calls: dict[str, Any]) -> None:
    assert calls["applied"]["name"] == "sold-out-event"
    assert set(calls["soldOut"]) == {0}
    assert "sold-out-event" in calls["scenarios"]
    assert (calls["restored"], calls["imported"], calls["snapshots"]) == (1, "after", ["before", ["after"]])
    assert (calls["emitted"], calls["sockets"], calls["reset"]) == (0, [], 2026)


def test_it_makes_and_ends_worlds(calls: dict[str, Any]) -> None:
    assert (calls["again"], calls["created"]) == (1, "later")
    assert calls["worlds"] == ["default", "named", "later"]
    assert calls["ended"] == [True, "named", "later"]


def test_a_refusal_is_an_error_with_status_and_violations(mock: Mock) -> None:
    found = story(mock, "refusals")
    shown = {name: (found[name]["status"], found[name]["error"].replace(mock.url("gateway"), "URL").replace(NOWHERE, "NOWHERE")) for name in REFUSALS}
    assert shown == REFUSALS
    assert [item["pointer"] for item in found["field"]["violations"]] == ["/body/quantity"]
    assert (found["field"]["name"], found["isError"], found["seconds"]) == ("UnderstudyError", True, [90, 90, 7200])


def test_it_hears_what_happens_in_its_world_until_it_stops(mock: Mock) -> None:
    found = story(mock, "events")
    assert found["heard"] == [["log", "getEvent", 1], ["clock", found["name"], None]]


def test_a_stub_of_cypress_is_put_into_its_world(mock: Mock) -> None:
    """Cypress itself is not run here: what it is asked for is all that is seen."""
    found, header = story(mock, "cypress"), {"X-Understudy-World": "w1"}
    assert (found["returned"], found["middleware"]) == (True, True)
    assert found["cookies"] == [["understudy_world", "w1", {"domain": domain, "path": "/"}] for domain in ("localhost", "127.0.0.1", "api.test")]
    assert [found[name] for name in ("own", "realtime", "named", "foreign")] == [header, header, header, {}]


def test_its_types_name_what_it_has(mock: Mock) -> None:
    text = (STATIC / "understudy.d.ts").read_text(encoding="utf-8")
    for kind, members in story(mock, "members").items():
        body = re.search(rf"export (?:class|interface) {kind}(?:<.*?>)? {{\n(.*?)\n}}", text, re.DOTALL)
        assert body is not None, kind
        declared = set(re.findall(r"^  (?:readonly )?(\w+)[(<:]", body.group(1), re.MULTILINE))
        assert set(members) <= declared, kind
        assert re.search(r"^  readonly name", body.group(1), re.MULTILINE) or declared <= set(members), kind


TYPED = {"types": (str(STATIC / "understudy.d.ts"), "--skipLibCheck", "false"), "use": ("steering.ts", "--skipLibCheck", "true")}


@pytest.mark.parametrize("what", TYPED.values(), ids=TYPED)
def test_strict_typescript_takes_its_types(packages: None, requires: Callable[..., None], what: tuple[str, ...]) -> None:
    if not TSC.exists():
        requires("node", "typescript not installed: npm --prefix tests/clients install")
    done = subprocess.run([TSC, "--strict", "--noEmit", *NODE, *what], cwd=HERE, capture_output=True, text=True, timeout=8 * PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture(scope="module")
def shared(mocks: Callable[[str], Mock], packages: None, requires: Callable[..., None]) -> dict[str, Any]:
    requires("chromium")
    mock = mocks("eventplatform")
    gateway = mock.url("gateway")
    ask(f"{gateway}/__admin/reset", method="POST")
    categories = json.loads(ask(f"{gateway}/__admin/state/ticketCategories")[2])
    roomy = max(categories, key=lambda row: row["totalSeats"] - row["reservedSeats"])
    plan = {
        "executable": shutil.which("chromium"), "origin": "localhost:4200", "url": gateway, "realtime": mock.url("realtime"), "contexts": CONTEXTS,
        "event": roomy["eventId"], "category": roomy["id"],
    }  # fmt: skip
    done = subprocess.run(["node", "worlds.mjs", json.dumps(plan)], cwd=HERE, capture_output=True, text=True, timeout=8 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "reserved": roomy["reservedSeats"]}


def test_eight_browsers_share_a_mock_without_meeting(shared: dict[str, Any]) -> None:
    for number, (seen, kept) in enumerate(zip(shared["seen"], shared["kept"], strict=True), 1):
        assert (seen["quantity"], seen["success"], seen["updates"]) == (number, True, [number])
        assert seen["reserved"] == shared["reserved"] + number
        assert kept == {"orders": [number], "held": [number], "sockets": 1, "logins": 1, "mine": ["kept"]}
    assert len(shared["seen"]) == CONTEXTS


def test_the_cookie_alone_leads_a_websocket_to_its_world(shared: dict[str, Any]) -> None:
    seen = shared["byCookie"]["seen"]
    assert (seen["quantity"], seen["success"], seen["updates"], seen["reserved"]) == (3, True, [3], shared["reserved"] + 3)
    assert shared["byCookie"]["sockets"] == 1


def test_the_default_world_knows_nothing_of_it(shared: dict[str, Any]) -> None:
    before, after = shared["after"]["counts"]
    assert before == after
    assert (shared["after"]["lines"], shared["after"]["sockets"]) == (0, 0)


def test_a_page_may_name_its_world_across_origins(shared: dict[str, Any]) -> None:
    assert shared["byHand"] == {"statuses": [200, 200], "lines": 2}


def test_a_page_takes_the_client_from_the_mock_and_steers(shared: dict[str, Any]) -> None:
    assert shared["inPage"] == {"heard": ["state", "log"], "seats": [0, 0], "refused": 404}
