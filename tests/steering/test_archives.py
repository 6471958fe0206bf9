"""Snapshots as files: what was saved is there again in another process, a damaged file changes nothing."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from mock_server import storage
from mock_server.app import create_engine
from mock_server.engine.call import Reply
from mock_server.engine.engine import Engine
from mock_server.engine.problem import Problem
from mock_server.state.clock import Clock
from mock_server.steering import archives, edits, snapshots
from tests.backends.client import Client, contract
from tests.backends.peer import Peer
from understudy.contract.errors import UsageError
from understudy.contract.reader import backend_names
from understudy.wire import passwords

USER = "user@example.com"
START = 1_800_000_000.0
ORDER = {"eventId": 1, "categoryId": 1, "quantity": 2}


@pytest.fixture
def client() -> Client:
    return Client("eventplatform")


def another(backend: str) -> Engine:
    """The same backend in another process."""
    return create_engine(contract(backend), "other seed", clock=lambda: Clock(lambda: START))


def exported(client: Client, secrets: bool = False) -> Any:
    """A snapshot of a client's world as the file has it."""
    snapshot = snapshots.save(client.engine, client.world, "s")
    return json.loads(archives.text(archives.document([archives.written(client.engine, snapshot, secrets)])))


def taken_over(engine: Engine, data: Any) -> None:
    snapshots.bring_back(engine, engine.world, archives.read(engine, archives.part_of(engine, data)))


def rows(engine: Engine) -> dict[str, Any]:
    return {name: dict(table.rows) for name, table in engine.world.store.tables.items()}


@pytest.mark.parametrize("backend", backend_names())
def test_rows_survive_a_file(backend: str) -> None:
    client, other = Client(backend), another(backend)
    data = exported(client, secrets=True)
    taken_over(other, data)
    assert rows(other) == {name: dict(table.rows) for name, table in client.world.store.tables.items()}
    assert edits.unfit_rows(other, rows(other)) == []


@pytest.mark.parametrize("backend", backend_names())
def test_a_file_that_leaves_the_process_has_no_secret(backend: str) -> None:
    client = Client(backend)
    text = json.dumps(exported(client))
    secrets = {value for item in contract(backend).collections.values() for row in client.rows(item.name) for name in item.secret if (value := row.get(name))}
    assert secrets
    assert not [value for value in secrets if str(value) in text]
    assert client.world.tokens.key not in text


@pytest.mark.parametrize("backend", backend_names())
def test_accounts_sign_in_after_an_import(backend: str) -> None:
    client, other = Client(backend), another(backend)
    taken_over(other, exported(client))
    account = contract(backend).settings["accounts"][0]
    stored = client.auth.get("stored", "passwordHash")
    key = contract(backend).collections[client.auth["collection"]].key
    row = other.world.store.begin().get(client.auth["collection"], account[key])
    assert row is not None
    assert passwords.matches(account["password"], row[stored])


def test_a_new_account_signs_in_with_the_demo_password_after_an_import(client: Client) -> None:
    client.post("/api/auth/register", {"username": "new@example.com", "password": "very secret 1", "role": "assistant"})
    data = exported(client)
    assert [row for row in data["snapshots"][0]["rows"]["users"] if row["username"] == "new@example.com"]
    snapshots.bring_back(client.engine, client.world, archives.read(client.engine, archives.part_of(client.engine, data)))
    assert client.login("new@example.com", "very secret 1").status == 401
    assert client.login("new@example.com").status == 200


def test_what_was_due_is_due_again_in_another_process(client: Client) -> None:
    """An order that completes by itself, and a lock that ends."""
    client.post("/api/orders", ORDER, by=USER)
    peer = Peer(client, "realtime/realtime", query={"userId": 1})
    peer.send("lock-tickets", {"eventId": 1, "categoryId": 2, "quantity": 3})
    other = another("eventplatform")
    taken_over(other, exported(client))
    assert other.world.clock.now == client.now
    assert [row["status"] for row in other.world.store.begin().all("orders")][-1] == "pending"
    other.world.clock.advance(3)
    other.fire(other.world)
    assert [row["status"] for row in other.world.store.begin().all("orders")][-1] == "completed"
    assert len(rows(other)["holds"]) == 1
    other.world.clock.advance(300)
    other.fire(other.world)
    assert rows(other)["holds"] == {}


def test_new_keys_go_on_after_the_highest_that_was_given(client: Client) -> None:
    made = client.post("/api/orders", ORDER, by=USER).json
    edits.remove(client.engine, client.world, "orders", str(made["id"]))
    data = exported(client)
    snapshots.bring_back(client.engine, client.world, archives.read(client.engine, archives.part_of(client.engine, data)))
    assert client.post("/api/orders", ORDER, by=USER).json["id"] == made["id"] + 1


def broken(data: Any, change: Any) -> Any:
    damaged = copy.deepcopy(data)
    change(damaged, damaged["snapshots"][0])
    return damaged


DAMAGES: dict[str, tuple[Any, str]] = {
    "no object": (lambda d, p: None, ""),
    "no version": (lambda d, p: d.pop("understudy"), "This is no snapshot file: an object with 'understudy' and 'snapshots' is expected."),
    "another version": (lambda d, p: d.update(understudy=2), "This file has the format 2; this version reads format 1."),
    "no rows": (lambda d, p: p.pop("rows"), "The file is damaged: the snapshot has no 'rows'."),
    "rows as text": (lambda d, p: p.update(rows="x"), "The file is damaged: 'rows' of the snapshot is str."),
    "an unknown member": (lambda d, p: p.update(rowz={}), "The file is damaged: 'rowz' is no member of a snapshot. Did you mean 'rows'?"),
    "another backend": (lambda d, p: p.update(backend="platng"), "This file has no snapshot of eventplatform; it holds platng."),
    "an unknown collection": (
        lambda d, p: p["rows"].update(evnts=[]), "The file has rows of 'evnts', which is no collection of eventplatform. Did you mean 'events'?",
    ),
    "a collection that is no list": (lambda d, p: p["rows"].update(events={}), "The file is damaged: the rows of events are no list."),
    "a row that is none": (lambda d, p: p["rows"]["events"].insert(1, 5), "The file is damaged: row 1 of events has no 'idEvent'."),
    "a row without its key": (lambda d, p: p["rows"]["events"][0].pop("idEvent"), "The file is damaged: row 0 of events has no 'idEvent'."),
    "a key that stands twice": (lambda d, p: p["rows"]["events"].append(p["rows"]["events"][0]), "The file is damaged: events has 1 twice."),
    "an instant that is none": (lambda d, p: p.update(now=1e300), "The file is damaged: 'now' is no instant: 1e+300."),
    "a wild rate": (lambda d, p: p.update(rate=-1), "The file is damaged: 'rate' is from 0 to 1000000000, not -1."),
    "a serial that is none": (lambda d, p: p["serials"].update(events="x"), "The file is damaged: serials.events is no number."),
    "a timer that is none": (lambda d, p: p.update(timers=[{}]), "The file is damaged: timer 0 can't be read (KeyError: 'of')."),
    "a timer of nothing": (
        lambda d, p: p.update(timers=[{"at": 1, "of": {"operation": "nope", "after": 0}}]),
        "The file has something due of 'nope', which is no operation of eventplatform.",
    ),
    "a timer that is not declared": (
        lambda d, p: p.update(timers=[{"at": 1, "of": {"operation": "createOrder", "after": 9}}]),
        "The file is damaged: timer 0 can't be read (IndexError: tuple index out of range).",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(DAMAGES)[1:])
def test_a_damaged_file_is_told_and_changes_nothing(client: Client, name: str) -> None:
    change, says = DAMAGES[name]
    data = broken(exported(client), change)
    before = copy.deepcopy(rows(client.engine))
    with pytest.raises(Problem) as caught:
        taken_over(client.engine, data)
    assert caught.value.detail == says
    assert rows(client.engine) == before


@pytest.mark.parametrize(("content", "says"), [(b"", "it is no JSON"), (b'{"understudy": 1', "it is no JSON"), (b"[]", "This is no snapshot file")])
def test_a_file_that_is_cut_short_is_told_at_start(client: Client, tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=says):
        storage.load(path, [client.engine])
    with pytest.raises(UsageError, match=r"nowhere\.json: The state can't be read: No such file or directory\."):
        storage.load(tmp_path / "nowhere.json", [client.engine])


def test_every_cut_of_a_file_is_refused(client: Client, tmp_path: Path) -> None:
    content, path = storage.rendered([client.engine]), tmp_path / "state.json"
    for size in range(0, len(content) - 1, max(1, len(content) // 40)):
        path.write_bytes(content[:size])
        with pytest.raises(UsageError):
            storage.load(path, [client.engine])


def test_the_processes_own_file_keeps_sessions_and_is_private(client: Client, tmp_path: Path) -> None:
    token, path = client.token(USER), tmp_path / "state.json"
    client.post("/api/orders", ORDER, token=token)
    storage.write(path, storage.rendered([client.engine]))
    assert path.stat().st_mode & 0o777 == 0o600
    other = another("eventplatform")
    assert storage.load(path, [other]) == []
    assert other.world.tokens.verify(token, "access", client.now)["sub"] == "1"
    assert len(rows(other)["orders"]) == 13


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.json"
    storage.write(path, b"first")

    def fail(_descriptor: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="the disk is full"):
        storage.write(path, b"second")
    assert path.read_bytes() == b"first"
    assert [item.name for item in tmp_path.iterdir()] == ["state.json"]


def test_where_state_can_not_be_saved_is_told_at_start(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="The state can't be saved there: it is a folder"):
        storage.refuse_unwritable(tmp_path)
    with pytest.raises(UsageError, match="The state can't be saved there: its folder is not there"):
        storage.refuse_unwritable(tmp_path / "no" / "state.json")


def test_rows_that_do_not_fit_are_named_and_kept(client: Client, tmp_path: Path) -> None:
    data = exported(client)
    data["snapshots"][0]["rows"]["events"][0].update(isActive="perhaps")
    del data["snapshots"][0]["rows"]["events"][1]["eventName"]
    path = tmp_path / "state.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert storage.load(path, [client.engine]) == [
        "eventplatform: events/1: isActive must be a boolean", "eventplatform: events/2: eventName is required",
    ]  # fmt: skip
    assert client.row("events", 1)["isActive"] == "perhaps"


def test_what_limits_counted_and_idempotency_keys_keep_survives_the_file_of_the_own_process() -> None:
    client = Client("cliick")
    world = client.world
    world.throttle.count(("login", "10.0.0.1"), 5, 60, START)
    key, asked = ("createPaymentIntent", "1", b"k1"), ("/api/payments/intent", b'{"amount":1}')
    world.replies[key] = (asked, Reply(b'{"id":"pi_1"}', 201, {"X-A": "b"}, "application/json", cookies=["c=d"]))
    world.replies["createPaymentIntent", "1", b"k2"] = (asked, None)
    other = another("cliick")
    taken_over(other, exported(client, secrets=True))
    assert other.world.throttle.kept() == {("login", "10.0.0.1"): (START,)}
    assert other.world.replies == world.replies
    taken_over(other, exported(client))
    assert (other.world.throttle.kept(), other.world.replies) == ({}, {})


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("calls", [["login", "soon"]], "calls.0 can't be read (ValueError: could not convert string to float: 's')"),
        ("calls", [7], "calls.0 can't be read (TypeError: cannot unpack non-iterable int object)"),
        ("replies", [[["a", "b", "c"], ["/", "", None]], [["a"], []]], "replies.1 can't be read (IndexError: list index out of range)"),
    ],
)
def test_a_damaged_list_is_told_by_its_place(client: Client, member: str, value: Any, said: str) -> None:
    data = exported(client, secrets=True)
    data["snapshots"][0][member] = value
    with pytest.raises(Problem) as refused:
        taken_over(client.engine, data)
    assert refused.value.detail == f"The file is damaged: {said}."
