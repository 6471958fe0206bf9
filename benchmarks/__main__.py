"""The mock beside its peers, on one machine, in one go: HTTP, sockets, start-up, growth, checks.

    python -m benchmarks [--only http,sockets,startup,growth,checks] [--rounds 3] [--seconds 4]

Installs the peers by npm, has servers on one core and the client on another, takes rounds in turns and medians of them, and writes table, plots and
figures to benchmarks/. What can't be had here is said, and the rest goes on without it. On a quiet machine all of it takes about half an hour.
"""

import argparse
import json
import re
import shlex
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine, page, peers
from benchmarks.parts import PARTS, part
from benchmarks.processes import NotHereError
from benchmarks.setting import Setting


def main(arguments: list[str]) -> int:
    """Runs what the command line asks for."""
    given = parser().parse_args(arguments)
    results, failed = page.known(given.out) or page.known(), []
    if not given.render:
        for name, how in machine.missing().items():
            print(f"{name} is not here: {how}", file=sys.stderr)
        ready(given)
        failed = run(given, said(arguments), results)
    page.write({name: results[name] for name in PARTS if name in results}, given.out)
    print(f"Written: {given.out / page.PAGE}, {page.FIGURES}, {page.PLOTS}/")
    return 1 if failed else 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--only", type=names, default=list(PARTS), metavar="PART,...", help=f"some of {', '.join(PARTS)}")
    made.add_argument("--rounds", type=int, default=3)
    made.add_argument("--seconds", type=float, default=4, help="of one measurement; whole seconds for HTTP")
    made.add_argument("--clients", type=numbers, default=(50, 500), metavar="N,...", help="of sockets")
    made.add_argument("--defects", type=int, default=18, help="how many planted defects the checks meet; 0 for all, which takes hours")
    made.add_argument("--folder", type=Path, default=peers.default_folder(), help="where npm puts the peers, kept for the next run")
    made.add_argument("--out", type=Path, default=page.HERE, help="where results are written")
    made.add_argument("--no-wait", action="store_true", help="measure at once, even if other programs are busy on the machine")
    made.add_argument("--render", action="store_true", help="measure nothing, write the page anew from the figures")
    return made


def ready(given: argparse.Namespace) -> None:
    """Installs what the parts want, and says what can't be had."""
    wanted = [name for name in peers.PEERS if ("sockets" if name == "socket.io" else "http") in given.only]
    for name in wanted:
        try:
            peers.command(name, given.folder)
            print(f"{name} {peers.PEERS[name].version} is here")
        except NotHereError as error:
            print(f"{name} is not here: {error}", file=sys.stderr)


def said(arguments: list[str]) -> str:
    """The command for people, without this machine's folders."""
    text = " ".join(["python -m benchmarks", *map(shlex.quote, arguments)])
    return re.sub(r" --(out|folder)[ =]\S+", "", text)


def names(text: str) -> list[str]:
    """Parts by name."""
    found = text.split(",")
    for name in found:
        if name not in PARTS:
            raise argparse.ArgumentTypeError(f"'{name}' is no part; there are {', '.join(PARTS)}")
    return found


def numbers(text: str) -> tuple[int, ...]:
    """Counts of clients."""
    return tuple(map(int, text.split(",")))


def run(given: argparse.Namespace, command: str, results: dict[str, Any]) -> list[str]:
    """Measures the parts one after the other; returns those that could not be."""
    setting = Setting(given.rounds, given.seconds, given.folder, machine.cores(machine.count()), given.clients, given.defects, not given.no_wait)
    failed = []
    for name in given.only:
        try:
            raw = json.loads(json.dumps(part(name).measure(setting)))  # as it will be read again: JSON has no numbers as keys
        except (NotHereError, ImportError) as error:  # the latter: a part may want packages that others do not
            print(f"{name} can't be measured here: {error}", file=sys.stderr)
            failed.append(name)
        else:
            about = {"date": datetime.now(UTC).date().isoformat(), "command": command, "machine": machine.described()}
            results[name] = {"about": about, "raw": raw}
            page.write({name: results[name] for name in PARTS if name in results}, given.out)  # what follows may take hours
    return failed


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped
    raise SystemExit(main(sys.argv[1:]))
