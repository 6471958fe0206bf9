"""The page as it leaves the mock: what it says without scripts, to whom, and with what policy."""

import gzip
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from mock_server.app import create_apps, host, single
from mock_server.app import create_engine as engine_of
from mock_server.console import files, forms
from mock_server.console.view import LINES, TABS
from mock_server.control.admission import COOKIE, Admission
from mock_server.control.models import NewFault
from tests.html_page import Page as Read
from tests.transports.wire import Answer, send
from understudy.contract.reader import backend_names, read

EVIL = "<img src=x onerror=alert(1)>\"'</script><script>alert(2)</script>"
TOKEN = "correct-horse"
LOCAL = {"host": "localhost:3000"}


def app_of(name: str, admission: Admission | None = None) -> Any:
    """The first service of a backend, of its own."""
    return host(engine_of(read(name)), admission)[0].app


@pytest.fixture
def app() -> Any:
    return app_of("eventplatform")


def ui(app: Any, query: str = "", **headers: str) -> Answer:
    return send(app, "GET", f"/__admin/ui{query}", {**LOCAL, **headers})


def page_of(app: Any, query: str = "", **headers: str) -> Read:
    answer = ui(app, query, **headers)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return Read(answer.body.decode())


@pytest.mark.parametrize("name", backend_names())
def test_every_backend_has_its_page(name: str) -> None:
    contract = read(name)
    page = page_of(app_of(name))
    assert [tag_id for tag_id in page.all("id") if tag_id in TABS] == list(TABS)
    assert contract.title in page.text
    for operation in contract.operations:
        assert operation.id in page.text
    for collection in contract.collections:
        assert collection in page.all("data-collection")
    for account in contract.settings["accounts"]:
        assert account["password"] in page.text
    for scenario in contract.scenarios:
        assert scenario in page.all("data-scenario")


def test_a_document_from_outside_has_a_page_too(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("openapi: 3.0.3\ninfo: {title: Own, version: '1'}\npaths: {/notes: {get: {responses: {'200': {description: Notes}}}}}\n")
    page = page_of(app_of(str(file)))
    assert "/notes" in page.text
    assert "no demo accounts" in page.text


def test_no_id_is_there_twice_and_every_label_has_its_input(app: Any) -> None:
    page = page_of(app)
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    assert [name for attribute in ("for", "list", "aria-labelledby", "aria-describedby") for name in page.all(attribute) if name not in ids] == []


def test_the_policy_admits_nothing_from_elsewhere_and_nothing_inline(app: Any) -> None:
    answer = ui(app)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "connect-src": "'self'", "img-src": "'self' data:",
        "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
    }  # fmt: skip
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    page = Read(answer.body.decode())
    assert [tag for tag, attributes in page.elements if tag == "style" or (tag == "script" and "src" not in attributes)] == []
    assert [name for _, attributes in page.elements for name in attributes if name == "style" or name.startswith("on")] == []


def test_the_log_is_there_without_scripts(app: Any) -> None:
    for number in range(LINES + 5):
        send(app, "GET", f"/api/events/1?n={number}", LOCAL)
    lines = re.findall(r"n=(\d+)</span>", ui(app).body.decode())
    assert [int(number) for number in lines] == list(range(LINES + 4, 4, -1))


def test_what_is_hostile_stays_text(app: Any) -> None:
    engine = app.engine
    send(app, "GET", "/api/%3Cscript%3Ealert(3)%3C/script%3E", LOCAL)
    send(app, "GET", f"/api/events?q={EVIL}".replace(" ", "%20"), LOCAL)
    engine.world.faults.add("status", {"path": EVIL}, {"status": 500}, id=EVIL)
    page = page_of(app)
    assert [tag for tag, attributes in page.elements if tag == "img" or (tag == "script" and not attributes["src"].startswith("ui/"))] == []
    assert EVIL in page.text


def test_a_hostile_document_stays_text(tmp_path: Path) -> None:
    file = tmp_path / "hostile.asyncapi.yaml"
    source = Path(__file__).parents[1].joinpath("pages", "hostile.asyncapi.yaml").read_text(encoding="utf-8")
    quoted = EVIL.replace("'", "''")
    file.write_text(source.replace("EVILREF", quoted.replace("/", "~1")).replace("EVIL", quoted), encoding="utf-8")
    page = page_of(app_of(str(file)))
    assert [tag for tag, attributes in page.elements if tag == "img" or (tag == "script" and not attributes["src"].startswith("ui/"))] == []


def test_scripts_and_styles_are_kept_for_ever_under_their_digest(app: Any) -> None:
    page = page_of(app)
    for url in {*page.all("src"), *(url for url in page.all("href") if url.startswith("ui/"))}:
        answer = send(app, "GET", f"/__admin/{url}", LOCAL)
        assert answer.status == 200, url
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.body == files.contents()[url.rpartition("/")[2]]
        zipped = send(app, "GET", f"/__admin/{url}", {**LOCAL, "accept-encoding": "gzip, br"})
        assert (zipped.headers["content-encoding"], gzip.decompress(zipped.body)) == ("gzip", answer.body)
    assert len(page.all("src")) == 2


@pytest.mark.parametrize("url", ["ui/0/main.js", f"ui/{files.digest()}/page.html", f"ui/{files.digest()}/../routes.py"])
def test_what_is_no_file_of_this_state_is_not_served(app: Any, url: str) -> None:
    assert send(app, "GET", f"/__admin/{url}", LOCAL).status == 404


def test_on_a_single_port_every_address_is_relative_or_its_own() -> None:
    app = single(create_apps([read("eventplatform"), read("savebucks")]))
    answer = send(app, "GET", "/savebucks/admin/__admin/ui", LOCAL)
    page = Read(answer.body.decode())
    assert page.all("data-backend") == ["savebucks"]
    assert [url for url in (*page.all("src"), *page.all("href")) if url.startswith("/")] == []
    url = next(url for url in page.all("src") if url.endswith("main.js"))
    assert send(app, "GET", f"/savebucks/admin/__admin/{url}", LOCAL).status == 200


def test_links_have_the_name_by_which_the_page_was_asked_for() -> None:
    app = app_of("eventplatform", Admission(TOKEN))
    page = Read(send(app, "GET", "/__admin/ui", {"host": "192.168.7.7:3000", "authorization": f"Bearer {TOKEN}"}).body.decode())
    assert "http://192.168.7.7:3001/docs/realtime#realtime" in page.all("href")


def test_a_world_is_named_by_the_query_before_a_cookie(app: Any) -> None:
    assert page_of(app, "?understudy_world=mine", cookie="understudy_world=other").all("data-world") == ["mine"]
    assert page_of(app, cookie="understudy_world=other").all("data-world") == ["other"]
    assert page_of(app).all("data-world") == ["default"]


def test_a_world_in_the_path_moves_into_the_query(app: Any) -> None:
    answer = send(app, "GET", "/__world/mine/__admin/ui", LOCAL)
    assert (answer.status, answer.headers["location"]) == (303, "/__admin/ui?understudy_world=mine")


def test_a_world_that_can_not_be_is_said(app: Any) -> None:
    answer = ui(app, "?understudy_world=%3Cb%3E")
    assert answer.status == 400
    assert "is no name of a world" in Read(answer.body.decode()).text
    assert "<b>" not in answer.body.decode()


def test_a_foreign_name_is_refused(app: Any) -> None:
    answer = send(app, "GET", "/__admin/ui", {"host": "evil.test"})
    assert answer.status == 403
    assert "call it by localhost" in Read(answer.body.decode()).text
    assert send(app, "GET", "/__admin/ui", {**LOCAL, "origin": "https://evil.test"}).status == 403


def guarded() -> Any:
    return app_of("eventplatform", Admission(TOKEN))


def test_without_the_token_there_is_a_form_and_nothing_of_the_state() -> None:
    answer = ui(guarded())
    page = Read(answer.body.decode())
    assert answer.status == 401
    assert "user@example.com" not in page.text
    assert [attributes for tag, attributes in page.elements if tag == "form"] == [{"method": "post", "class": "stack"}]
    assert "wrong" not in page.text


@pytest.mark.parametrize("how", ["query", "form"])
def test_the_token_becomes_a_cookie_and_leaves_the_address(how: str) -> None:
    app = guarded()
    if how == "query":
        answer = ui(app, f"?token={TOKEN}&understudy_world=mine")
    else:
        kind = {"content-type": "application/x-www-form-urlencoded", "origin": "http://localhost:3000", **LOCAL}
        answer = send(app, "POST", "/__admin/ui?understudy_world=mine", kind, f"token={TOKEN}".encode())
    assert (answer.status, answer.headers["location"]) == (303, "/__admin/ui?understudy_world=mine")
    cookie, *rules = (part.strip() for part in answer.headers["set-cookie"].split(";"))
    assert cookie == f"{COOKIE}={TOKEN}"
    assert {rule.lower() for rule in rules} == {"httponly", "samesite=strict", "path=/__admin"}
    assert page_of(app, "?understudy_world=mine", cookie=cookie).all("data-world") == ["mine"]
    assert send(app, "GET", "/__admin/state", {**LOCAL, "cookie": cookie}).status == 200


def test_behind_https_the_cookie_is_sent_there_alone() -> None:
    assert "Secure" in ui(guarded(), f"?token={TOKEN}", **{"x-forwarded-proto": "https"}).headers["set-cookie"]


def test_on_a_single_port_the_cookie_is_for_one_service() -> None:
    app = single(host(engine_of(read("eventplatform")), Admission(TOKEN)))
    answer = send(app, "GET", f"/eventplatform/gateway/__admin/ui?token={TOKEN}", LOCAL)
    assert answer.headers["location"] == "/eventplatform/gateway/__admin/ui"
    assert "Path=/eventplatform/gateway/__admin" in answer.headers["set-cookie"]


@pytest.mark.parametrize("token", ["wrong", "", "%00", "é"])
def test_a_wrong_token_is_said_and_not_kept(token: str) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded", **LOCAL}
    for answer in (ui(guarded(), f"?token={token}".replace("é", "%C3%A9")), send(guarded(), "POST", "/__admin/ui", kind, f"token={token}".encode())):
        assert answer.status == 401
        assert "That token is wrong." in Read(answer.body.decode()).text
        assert "set-cookie" not in answer.headers


def test_a_mock_that_asks_for_no_token_keeps_none(app: Any) -> None:
    answer = ui(app, "?token=whatever")
    assert (answer.status, answer.headers["location"]) == (303, "/__admin/ui")
    assert "set-cookie" not in answer.headers


def test_every_kind_of_fault_has_a_form_with_all_of_its_fields_and_no_others() -> None:
    models = {get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(NewFault)[0])}
    assert [form.kind for form in forms.forms()] == list(models)
    for form in forms.forms():
        match = models[form.kind].model_fields["match"].annotation
        assert {field.name for field in form.fields if not field.place} == set(models[form.kind].model_fields) - {"kind", "match"}
        assert {field.name for field in form.fields if field.place} == set(match.model_fields)
        assert form.of == ("requests" if "operation" in match.model_fields else "frames")


def test_a_field_says_what_it_takes() -> None:
    fields = {field.name: field for form in forms.forms() if form.kind == "reset" for field in form.fields}
    assert (fields["at"].choices, fields["at"].default) == (("request", "response"), "response")
    assert (fields["probability"].kind, fields["times"].kind, fields["ttl"].kind) == ("number", "whole", "text")
    status = next(field for form in forms.forms() if form.kind == "status" for field in form.fields if field.name == "status")
    assert (status.needed, status.kind) == (True, "whole")


@pytest.mark.parametrize("name", sorted(name for name in files.contents() if name.endswith(".js")))
def test_no_script_reads_markup_or_asks_elsewhere(name: str) -> None:
    text = files.contents()[name].decode()
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\b|new Function|https?://", text) == []
    assert len(text.splitlines()) <= 300
