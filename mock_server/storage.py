"""State in a file: read at start, written on a clean stop and every minute, whole or not at all."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson

from mock_server.engine.engine import Engine
from mock_server.engine.problem import Problem
from mock_server.state import snapshots
from mock_server.state.clock import wall
from mock_server.state.snapshots import Snapshot
from mock_server.steering import archives, edits
from mock_server.steering.snapshots import bring_back
from understudy.contract.errors import UsageError
from understudy.wire.files import write

__all__ = ["EVERY", "load", "refuse_unwritable", "rendered", "write"]

EVERY = 60.0  # seconds


def load(path: Path, engines: Sequence[Engine]) -> list[str]:
    """Brings the default worlds of some backends back to what a file says; returns what of it does not fit. Raises UsageError; then nothing is changed."""
    try:
        data = orjson.loads(path.read_bytes())
        parts = {part["backend"]: part for part in archives.parts(data)}
        found = [(engine, archives.read(engine, parts[engine.contract.name])) for engine in engines if engine.contract.name in parts]
    except OSError as error:
        raise UsageError(f"{path}: The state can't be read: {error.strerror or error}.") from None
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{path}: The file is damaged: it is no JSON ({error}).") from None
    except Problem as problem:
        raise UsageError(f"{path}: {problem.detail}") from None
    if not found:
        raise UsageError(f"{path}: The file has no snapshot of what is served; it holds {', '.join(parts) or 'nothing'}.")
    unfit = []
    for engine, snapshot in found:
        engine.world.tokens.key = snapshot.key or engine.world.tokens.key
        bring_back(engine, engine.world, snapshot)
        if _was_real(snapshot):  # a front end compares the ends of tokens with its own clock
            engine.world.clock.reset()
        unfit += [f"{engine.contract.name}: {why}" for why in edits.unfit_rows(engine, snapshot.tables)]
    return unfit


def _was_real(snapshot: Snapshot) -> bool:
    """Whether the world was in step with real time when it was saved."""
    return not snapshot.frozen and snapshot.rate == 1 and abs(snapshot.now - snapshot.saved) < 1


def rendered(engines: Sequence[Engine]) -> bytes:
    """The file: a snapshot of each backend's default world, secrets and signing key included."""
    taken = [(engine, snapshots.take("saved", engine.world, wall())) for engine in engines]
    return archives.text(archives.document([archives.written(engine, replace(snapshot, chance=None), secrets=True) for engine, snapshot in taken]))


def refuse_unwritable(path: Path) -> None:
    """Raises UsageError for a file that could not be written when it is time."""
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(f"{path}: The state can't be saved there: {'it is a folder' if path.is_dir() else 'its folder is not there'}.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{path}: The state can't be saved there: it may not be written.")
