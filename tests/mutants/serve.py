"""Serves one mutant: `python tests/mutants/serve.py NAME` until Ctrl-C; `--list` prints all there are."""

import json
import sys
from pathlib import Path
from threading import Event

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.mutants.planting import Mutant, planted
from tests.mutants.table import mutants
from understudy.contract.errors import suggest


def line(found: Mutant) -> str:
    """A mutant as a line of the table."""
    return "  ".join([f"{found.name:<50}", f"{','.join(found.classes):<11}", f"{found.layer:<9}", f"{found.guide:<27}", " ".join(found.about), "-", found.says])


def serve(found: Mutant) -> None:
    """Serves a mutant until Ctrl-C; says where."""
    with planted(found) as server:
        print(json.dumps({"mutant": found.name, "urls": server.urls, **json.loads(server.described)}), flush=True)
        Event().wait()


def main(arguments: list[str]) -> int:
    """Does what the command line says; returns the exit code."""
    known = mutants()
    if arguments == ["--list"]:
        print("\n".join(line(item) for item in known.values()))
        return 0
    if len(arguments) != 1 or arguments[0] not in known:
        print(f"Name a mutant, or --list.{suggest(arguments[0], known) if arguments else ''}", file=sys.stderr)
        return 2
    try:
        serve(known[arguments[0]])
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
