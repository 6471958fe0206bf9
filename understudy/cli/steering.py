"""Verbs that act on running mocks: which ones are meant, what is done to each, and how that is told."""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from mock_server.options import MockOptions
from mock_server.ports import addresses_of, contracts_of
from understudy.contract.errors import UnderstudyError, UsageError, suggest
from understudy.contract.reader import FREE_PORT, backend_names
from understudy.settings import mock_options
from understudy.testing.client import DEFAULT, Understudy
from understudy.testing.errors import MockError, NoMockError

__all__ = ["NoneRunningError", "Target", "act", "choose", "find", "on_running_mocks", "said"]

PATIENCE = 10.0  # seconds for an answer
OPTIONS = (
    click.option("--url", "urls", multiple=True, metavar="URL", help="A running mock, by any of its services; may be given again."),
    click.option("--backend", "backends", multiple=True, metavar="NAME", help="Only this backend; may be given again."),
    click.option("--world", metavar="NAME", help="Another world than the default one."),
    click.option("--token", metavar="TEXT", help="What the control API asks for, if it does. Default: UNDERSTUDY_ADMIN_TOKEN."),
    click.option("-p", "--port", metavar="PORT", help="As the mock was started."),
    click.option("--port-offset", metavar="NUMBER", help="As the mock was started."),
    click.option("--single-port", metavar="PORT", help="As the mock was started."),
    click.option("--config", metavar="FILE", help="Settings file instead of the understudy.toml found upward."),
    click.option("--json", "as_json", is_flag=True, help="Output for programs, one JSON document per line."),
)
Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Target:
    """A running mock of one backend. shown: how output names it."""

    backend: str
    mock: Understudy

    @property
    def shown(self) -> str:
        """The backend, and the world where it is not the default one."""
        return self.backend if self.mock.name == DEFAULT else f"{self.backend} ({self.mock.name})"


class NoneRunningError(UnderstudyError):
    """None of the mocks that are meant answers. command: what starts one."""

    exit_code = 3

    def __init__(self, silent: Sequence[NoMockError], command: str) -> None:
        tried = ", ".join(f"{item.url} ({item.reason})" for item in silent)
        super().__init__(f"No mock answers. Tried: {tried}. Start one: {command}, or say where it is: --url URL.")


def on_running_mocks(command: Command) -> Command:
    """Adds the options that say which mocks are meant; the command takes them as `flags`."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def find(flags: Mapping[str, Any]) -> list[Target]:
    """The running mocks that are meant: those at --url, else those that answer where `understudy mock` would listen. Raises UsageError and MockError."""
    options = _options(flags)
    wanted = flags["backends"]
    places = [(_url(url), "") for url in flags["urls"]] or _places(options, wanted)
    found, silent = _answering(places, flags["world"] or DEFAULT, options.admin_token)
    if not found:
        raise NoneRunningError(silent, _command(options, wanted))
    _refuse_unknown(wanted, {item.backend for item in found})
    return [item for item in found if not wanted or item.backend in wanted]


def _options(flags: Mapping[str, Any]) -> MockOptions:
    """The settings that `understudy mock` would have from here."""
    given = {"admin-token": flags["token"], "port-offset": flags["port_offset"], "single-port": flags["single_port"]}
    return mock_options({**given, "port": flags["port"], "config": flags["config"]}, os.environ, Path.cwd())


def _url(text: str) -> str:
    return text if "://" in text else f"http://{text}"


def _places(options: MockOptions, wanted: Sequence[str]) -> list[tuple[str, str]]:
    """The address of each backend's first service, with the backend's name; without targets, also where a document from outside is served."""
    contracts = list(contracts_of(options))
    _refuse_unknown(wanted, {contract.name for contract in contracts} if options.targets else set(backend_names()))
    found = [(url, contract.name) for contract in contracts for url in addresses_of(contract, options)[:1] if not wanted or contract.name in wanted]
    if not options.targets and not wanted and options.port is None and options.single_port is None:
        found.append((f"http://localhost:{FREE_PORT + options.port_offset}", ""))
    if not found:
        raise UsageError("Port 0 is picked when the mock starts, so it can't be told where it listens. Give its --url.")
    return found


def _refuse_unknown(wanted: Iterable[str], known: Iterable[str]) -> None:
    for name in wanted:
        if name not in known:
            raise UsageError(f"--backend: '{name}' is not there.{suggest(name, known)}")


def _answering(places: Sequence[tuple[str, str]], world: str, token: str | None) -> tuple[list[Target], list[NoMockError]]:
    """The mocks that answer, each once, and why other addresses do not."""
    found: dict[str, Target] = {}
    silent: list[NoMockError] = []
    for url, name in places:
        mock = Understudy(url, world, token, PATIENCE)
        try:
            health = mock.health()
        except NoMockError as error:
            silent.append(error)
            continue
        except MockError as error:
            raise MockError(error.status, f"{name or url}: {error.text}", error.violations) from None
        found.setdefault(health.services[0].url, Target(health.backend, mock))
    return list(found.values()), silent


def _command(options: MockOptions, wanted: Sequence[str]) -> str:
    """The command that starts what was looked for."""
    offset = f" --port-offset {options.port_offset}" if options.port_offset else ""
    where = f" --port {options.port}" if options.port else f" --single-port {options.single_port}" if options.single_port else offset
    return f"understudy mock{''.join(f' {name}' for name in wanted or options.targets)}{where}"


def choose(targets: Sequence[Target], what: str, name: str, names: Callable[[Understudy], Iterable[str]]) -> list[Target]:
    """The mocks that have something of a name. what: such as 'scenario'; names: those that a mock has. Raises UsageError with the closest one."""
    known = [(target, set(names(target.mock))) for target in targets]
    found = [target for target, having in known if name in having]
    if not found:
        raise UsageError(f"There is no {what} '{name}'.{suggest(name, {item for _, having in known for item in having})}")
    return found


def act(targets: Iterable[Target], do: Callable[[Understudy], Any], text: Callable[[Any], str], as_json: bool) -> None:
    """Does something to each mock and tells what is now, one line for each. Raises UsageError with what was refused, after the others were done."""
    refused = []
    for target in targets:
        try:
            result = do(target.mock)
        except MockError as error:
            if not error.status:
                raise
            refused.append(f"{target.shown}: {error.text}")
            continue
        click.echo(_line(target, result) if as_json else f"{target.shown}  {text(result)}")
    if refused:
        raise UsageError("\n".join(refused))


def _line(target: Target, result: Any) -> str:
    told = asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
    items = [asdict(item) if is_dataclass(item) and not isinstance(item, type) else item for item in told] if isinstance(told, list) else told
    whole = {"backend": target.backend, "world": target.mock.name, "url": target.mock.url}
    return json.dumps({**whole, **(items if isinstance(items, dict) else {"result": items})}, default=said, ensure_ascii=False)


def said(value: Any) -> str:
    """An instant as people write it; anything else as its text."""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z") if isinstance(value, datetime) else str(value)
