"""`understudy state`: the state of running mocks."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from understudy.cli.groups import NamedGroup
from understudy.cli.output import print_json
from understudy.cli.steering import Target, act, choose, find, on_running_mocks, said
from understudy.contract.errors import UsageError
from understudy.testing.client import Understudy
from understudy.testing.results import Applied, ScenarioState, SnapshotState
from understudy.wire.files import write

__all__ = ["command"]


@click.group("state", cls=NamedGroup)
def command() -> None:
    """Reset, show, keep and prepare the state of running mocks."""


@command.command("reset")
@click.option("--now", metavar="INSTANT", help="When the world begins; dates of seeded records are counted from it.")
@on_running_mocks
def reset(now: str | None, as_json: bool, **flags: Any) -> None:
    """Begin again as seeded.

    No faults, an empty log, the clock running; sockets are closed.
    """

    def begin(mock: Understudy) -> dict[str, Any]:
        instant = mock.reset(now)
        return {"now": instant, "rows": sum(mock.state.counts().values())}

    act(find(flags), begin, lambda told: f"as seeded: {told['rows']} rows, {said(told['now'])}", as_json)


@command.command("show")
@click.argument("place", metavar="[COLLECTION[/KEY]]", default="")
@on_running_mocks
def show(place: str, as_json: bool, **flags: Any) -> None:
    """Count rows, or print them.

    Those of COLLECTION, or the one with KEY, are printed as JSON.
    """
    targets = find(flags)
    collection, _, key = place.partition("/")
    if not collection:
        act(targets, lambda mock: {"rows": mock.state.counts()}, lambda told: ", ".join(f"{name} {count}" for name, count in told["rows"].items()), as_json)
        return
    target = _one(choose(targets, "collection", collection, lambda mock: mock.state.counts()), collection)
    rows = target.mock.state(collection)
    print_json(rows.get(key) if key else rows.list())


def _one(targets: Sequence[Target], collection: str) -> Target:
    if len(targets) > 1:
        names = ", ".join(target.backend for target in targets)
        raise UsageError(f"'{collection}' is a collection of {names}. Say which with --backend.")
    return targets[0]


@command.command("scenario")
@click.argument("name", required=False)
@click.option("--given", multiple=True, metavar="NAME=VALUE", help="A value for a name that the scenario has, such as event=5; may be given again.")
@on_running_mocks
def scenario(name: str | None, given: Sequence[str], as_json: bool, **flags: Any) -> None:
    """Bring a situation about, or list them.

    It comes on top of what is there. Without NAME, those that there are are listed.
    """
    values, targets = dict(map(_pair, given)), find(flags)
    if name is None:
        act(targets, lambda mock: mock.scenarios.list(), _listed, as_json)
        return
    chosen = choose(targets, "scenario", name, lambda mock: [item.name for item in mock.scenarios.list()])
    act(chosen, lambda mock: mock.scenarios.apply(name, **values), _applied, as_json)


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--given: '{text}' is no NAME=VALUE such as event=5.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _listed(scenarios: Sequence[ScenarioState]) -> str:
    lines = [f"  {item.name}{''.join(f' {name}={value}' for name, value in item.given.items())}  {item.about or item.title}" for item in scenarios]
    return "\n".join(["scenarios", *lines])


def _applied(done: Applied) -> str:
    faults = f", faults: {', '.join(done.faults)}" if done.faults else ""
    return f"{done.name}: {done.title}; {done.rows} rows changed{faults}"


@command.command("snapshot")
@click.argument("name")
@on_running_mocks
def snapshot(name: str, as_json: bool, **flags: Any) -> None:
    """Keep the state under a name.

    A snapshot of that name is replaced.
    """
    act(find(flags), lambda mock: mock.snapshots.save(name), _kept, as_json)


@command.command("restore")
@click.argument("name")
@on_running_mocks
def restore(name: str, as_json: bool, **flags: Any) -> None:
    """Bring the state of a snapshot back.

    The clock is included; sockets are closed.
    """
    act(choose(find(flags), "snapshot", name, _names), lambda mock: mock.snapshots.restore(name), _kept, as_json)


@command.command("snapshots")
@on_running_mocks
def snapshots(as_json: bool, **flags: Any) -> None:
    """List the snapshots."""
    act(find(flags), lambda mock: mock.snapshots.list(), lambda kept: "; ".join(map(_kept, kept)) or "no snapshots", as_json)


@command.command("export")
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE", help="Where to; written whole or not at all.")
@on_running_mocks
def export(name: str, out: Path, as_json: bool, **flags: Any) -> None:
    """Write a snapshot to a file.

    For `understudy state import` and `understudy mock --load`; nothing in it is secret.
    """
    chosen = choose(find(flags), "snapshot", name, _names)
    files = [target.mock.snapshots.export(name) for target in chosen]
    whole = {**files[0], "snapshots": [part for file in files for part in file["snapshots"]]}
    try:
        write(out, json.dumps(whole, indent=2, ensure_ascii=False).encode())
    except OSError as error:
        raise UsageError(f"{out}: The snapshot can't be written: {error.strerror or error}.") from None
    act(chosen, lambda _mock: {"name": name, "file": str(out)}, lambda done: f"'{name}' is in {done['file']}", as_json)


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="What to call it. Default: as it was called.")
@on_running_mocks
def import_(file: Path, name: str | None, as_json: bool, **flags: Any) -> None:
    """Keep the snapshots in a file.

    `understudy state restore NAME` brings the state of one back.
    """
    data = _read(file)
    named = {str(part.get("backend")): name or str(part.get("name")) for part in data["snapshots"]}
    chosen = _of_file(find(flags), named, file)
    names = {target.mock.url: named[target.backend] for target in chosen}
    act(chosen, lambda mock: mock.snapshots.import_(names[mock.url], data), lambda done: _kept(done.snapshot) + _unfit(done.unfit), as_json)


def _read(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: The snapshot can't be read: {error.strerror or error}.") from None
    except ValueError as error:
        raise UsageError(f"{file}: The file is damaged: it is no JSON ({error}).") from None
    parts = data.get("snapshots") if isinstance(data, dict) else None
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise UsageError(f"{file}: This is no snapshot file: an object with 'understudy' and 'snapshots' is expected.")
    return dict(data)


def _of_file(targets: Sequence[Target], named: dict[str, str], file: Path) -> list[Target]:
    """The mocks of the backends that a file has snapshots of."""
    found = [target for target in targets if target.backend in named]
    if not found:
        running = ", ".join(target.backend for target in targets)
        raise UsageError(f"{file}: It has snapshots of {', '.join(named) or 'nothing'}; what answers is {running}.")
    return found


def _names(mock: Understudy) -> list[str]:
    return [item.name for item in mock.snapshots.list()]


def _kept(snapshot: SnapshotState) -> str:
    return f"'{snapshot.name}': {snapshot.rows} rows, {said(snapshot.now)}"


def _unfit(lines: Sequence[str]) -> str:
    return "".join(f"\n  does not fit and is kept: {line}" for line in lines)
