"""`understudy clock`: the time of running mocks."""

from collections.abc import Callable
from typing import Any

import click

from understudy.cli.groups import NamedGroup
from understudy.cli.steering import act, find, on_running_mocks, said
from understudy.testing.client import Understudy
from understudy.testing.durations import seconds
from understudy.testing.results import ClockState

__all__ = ["command"]


@click.group("clock", cls=NamedGroup)
def command() -> None:
    """Move the time of running mocks: what falls due by it happens at once."""


@command.command("show")
@on_running_mocks
def show(as_json: bool, **flags: Any) -> None:
    """Tell the time."""
    _each(flags, as_json, lambda mock: mock.clock.state)


@command.command("freeze")
@click.argument("instant", required=False)
@on_running_mocks
def freeze(instant: str | None, as_json: bool, **flags: Any) -> None:
    """Stop the clock.

    Where it stands, or at INSTANT, such as 2026-11-21T12:00:00Z.
    """
    _each(flags, as_json, lambda mock: mock.clock.freeze(instant))


@command.command("advance")
@click.argument("duration")
@on_running_mocks
def advance(duration: str, as_json: bool, **flags: Any) -> None:
    """Jump ahead.

    DURATION: seconds, or a text such as 500ms, 90s, 5m, 2h, 1d.
    """
    ahead = seconds(duration)
    _each(flags, as_json, lambda mock: mock.clock.advance(ahead))


@command.command("rate")
@click.argument("rate", type=float)
@on_running_mocks
def rate(rate: float, as_json: bool, **flags: Any) -> None:
    """Run faster or slower.

    RATE: virtual seconds in a real one; 60 makes a minute of every second.
    """
    _each(flags, as_json, lambda mock: mock.clock.run(rate))


@command.command("reset")
@on_running_mocks
def reset(as_json: bool, **flags: Any) -> None:
    """Run with real time again.

    Or from where worlds begin, if the mock was started with --now.
    """
    _each(flags, as_json, lambda mock: mock.clock.reset())


def _each(flags: dict[str, Any], as_json: bool, do: Callable[[Understudy], ClockState]) -> None:
    act(find(flags), do, _text, as_json)


def _text(clock: ClockState) -> str:
    how = "frozen" if clock.frozen else "running" if clock.rate == 1 else f"running at {clock.rate:g} times the speed"
    return f"{said(clock.now)}, {how}"
