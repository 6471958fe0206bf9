"""What can't be had is said, and the rest goes on without it."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks import machine, peers, processes, servers
from benchmarks.parts import http, sockets
from benchmarks.processes import NotHereError, first_answer, free_port, started
from benchmarks.setting import Setting
from benchmarks.traffic import Prepared


def setting(folder: Path) -> Setting:
    return Setting(1, 1, folder, machine.cores(2), wait=False)


def without_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers.shutil, "which", lambda name: None)


def failing_npm(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setattr(peers.shutil, "which", lambda name: name)
    monkeypatch.setattr(peers.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, "", said))


def test_without_npm_a_peer_is_not_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_npm(monkeypatch)
    with pytest.raises(NotHereError, match="node and npm are wanted"):
        peers.command("prism", tmp_path)


def test_what_npm_says_is_the_reason_without_addresses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    failing_npm(monkeypatch, "npm error code ENOTFOUND\nnpm error request to https://registry.example/prism failed\nnpm error more\n")
    with pytest.raises(NotHereError, match=r"^npm could not install @stoplight/prism-cli@[\d.]+: code ENOTFOUND request to failed$"):
        peers.command("prism", tmp_path)


def test_a_peer_that_is_there_is_not_installed_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    failing_npm(monkeypatch, "")
    package = tmp_path / "socket.io" / "node_modules" / "socket.io" / "package.json"
    package.parent.mkdir(parents=True)
    package.write_text(f'{{"version": "{peers.PEERS["socket.io"].version}"}}', encoding="utf-8")
    assert peers.command("socket.io", tmp_path) == ["node", str(tmp_path / "socket.io" / "socketio.mjs")]
    assert (tmp_path / "socket.io" / "socketio.mjs").exists()


def test_an_absent_server_has_its_reason_in_the_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_npm(monkeypatch)
    kind, prepared = servers.KINDS["prism"], Prepared({}, "")
    found = http.described(kind, setting(tmp_path))
    assert http.meet(kind, setting(tmp_path), servers.Recorded({}, tmp_path), prepared, found) == "not here: node and npm are wanted (apt install nodejs npm)"
    raw = {"servers": {"prism": found, "bare": http.described(servers.KINDS["bare"], setting(tmp_path))}, "rounds": 1, "seconds": 1, "client core": "1"}
    raw["servers"]["bare"]["not here"] = "no reason"
    assert "| Prism 5.16.0 | not here: node and npm are wanted (apt install nodejs npm) |" in http.render(raw)


def test_an_absent_socket_server_has_its_reason_in_the_table() -> None:
    raw = {"clients": {"50": {"ours": [], "stock": [], "node": []}}, "not here": {"node": "npm could not install it"}, "rounds": 1, "seconds": 1}
    assert "not here: npm could not install it" in sockets.render(raw)
    assert sockets.ratio(raw, 50, "node") == f"not measurable here: {sockets.TITLES['node']} gave no figure"


def test_a_free_port_has_a_free_neighbour_and_is_not_given_twice() -> None:
    first, second = free_port(), free_port()
    assert second != first
    assert all(processes.free(port) and port < 32_768 for port in (first, first + 1, second, second + 1))
    with socket.create_server(("127.0.0.1", second + 3)):
        assert free_port() > second + 3


def test_a_server_that_dies_is_not_here_with_its_first_error(requires: Callable[..., None]) -> None:
    requires("taskset")
    program = "raise ValueError('no such document')"
    with (
        pytest.raises(NotHereError, match=r"^it ended with exit code 1: ValueError: no such document$"),
        started([sys.executable, "-c", program], "0") as server,
    ):
        first_answer(server, free_port(), "/")


def test_a_server_that_answers_only_errors_is_not_waited_for_without_end(requires: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    requires("taskset")
    monkeypatch.setattr(processes, "PATIENCE", 0.7)
    port = free_port()
    with pytest.raises(NotHereError, match=r"^nothing answers after"), started([sys.executable, "-m", "http.server", str(port)], "0") as server:
        first_answer(server, port, "/no-such-file")


def test_without_wrk_a_part_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failing_npm(monkeypatch, "")
    monkeypatch.setattr(machine.shutil, "which", lambda name: None if name in ("wrk", "node") else name)
    assert program.main(["--only", "http", "--out", str(tmp_path), "--folder", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "wrk is not here: apt install wrk" in said
    assert "http can't be measured here: wrk is wanted (apt install wrk)" in said


def test_every_script_of_a_peer_is_there() -> None:
    assert {item.script for item in peers.PEERS.values() if item.script} == {path.name for path in peers.HERE.glob("*.mjs")}
