"""Requests per second of the mock against a bare ASGI application returning the same bytes, and against Prism.

    python -m benchmarks.http [--seconds 4] [--rounds 3] [--prism PATH-TO-PRISM]

Needs wrk and taskset. The server has one core, wrk the other; rounds of the servers are interleaved, medians are printed.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
MOCK, BARE, PRISM = 3950, 3960, 3970
SEATS = 50_000_000
LUA = 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.headers["Authorization"] = "Bearer {token}"\nwrk.body = \'{body}\'\n'


def call(port: int, path: str, body: Any = None, token: str = "", method: str | None = None) -> bytes:
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        result: bytes = answer.read()
    return result


@contextmanager
def serving(command: list[str], port: int, **environment: str) -> Iterator[None]:
    server = subprocess.Popen(["taskset", "-c", "0", *command], env={**os.environ, **environment}, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait(port)
        yield
    finally:
        server.terminate()
        server.wait()


def wait(port: int) -> None:
    for _ in range(200):
        try:
            call(port, "/api/events/1")
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"Nothing answers on port {port}.")


def rate(port: int, path: str, seconds: int, script: str | None = None) -> float:
    command = ["taskset", "-c", "1", "wrk", "-t1", "-c32", f"-d{seconds}s", *(["-s", script] if script else []), f"http://127.0.0.1:{port}{path}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if bad:
        raise SystemExit(f"{path} on {port}: {bad.group(1)} answers were no success.\n{text}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert found, text
    return float(found.group(1))


def prepare() -> tuple[dict[str, str], str]:
    """Recorded answers by path, and the script that posts orders."""
    login = json.loads(call(MOCK, "/api/auth/login", {"username": "organizer@example.com", "password": "password123"}))["access_token"]
    event = {
        "eventName": "Rush",
        "eventCategory": "Music",
        "eventDate": "2030-01-01T18:00:00Z",
        "ticketCategories": [{"categoryName": "All", "price": 10.5, "totalSeats": SEATS}],
    }
    made = json.loads(call(MOCK, "/api/events", event, login))
    order = {"eventId": made["idEvent"], "categoryId": made["ticketCategories"][0]["id"], "quantity": 1, "notes": "front row"}
    user = json.loads(call(MOCK, "/api/auth/login", {"username": "user@example.com", "password": "password123"}))["access_token"]
    answers = {path: call(MOCK, path).decode() for path in ("/api/events/1", "/api/events")}
    answers["/api/orders"] = call(MOCK, "/api/orders", order, user).decode()
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as script:
        script.write(LUA.replace("{token}", user).replace("{body}", json.dumps(order)))
    return answers, script.name


def measure(seconds: int, rounds: int, prism: str | None) -> None:
    mock = [sys.executable, "-m", "understudy", "mock", "eventplatform", "--port", str(MOCK), "-q"]
    with serving(mock, MOCK):
        answers, script = prepare()
        found: dict[tuple[str, str], list[float]] = {}
        with serving([sys.executable, "-m", "benchmarks.bare"], BARE, PORT=str(BARE), BARE_ANSWERS=json.dumps(answers)):
            for _ in range(rounds):
                for name, port in (("mock", MOCK), ("bare", BARE)):
                    for path in answers:
                        found.setdefault((name, path), []).append(rate(port, path, seconds, script if path == "/api/orders" else None))
        if prism:
            document = ROOT / "specs" / "eventplatform" / "gateway.openapi.yaml"
            with serving([prism, "mock", "-p", str(PRISM), "--verboseLevel", "silent", str(document)], PRISM):
                found["prism", "/api/events/1"] = [rate(PRISM, "/events/1", seconds) for _ in range(rounds)]
    report(found)


def report(found: dict[tuple[str, str], list[float]]) -> None:
    middle = {key: statistics.median(values) for key, values in found.items()}
    for (name, path), value in middle.items():
        reference = middle.get(("bare", path))
        ratio = f"{value / reference:.2f} of bare" if reference and name != "bare" else ""
        print(f"{name:6} {path:18} {value:10,.0f}/s  {ratio}")
    if ("prism", "/api/events/1") in middle:
        print(f"mock by id is {middle['mock', '/api/events/1'] / middle['prism', '/api/events/1']:.1f} times Prism")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prism")
    options = parser.parse_args()
    measure(options.seconds, options.rounds, options.prism)
