"""The page of results: what is measured stands between `<!-- measured: NAME -->` and `<!-- end -->`; the rest is written by hand and stays."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import targets
from benchmarks.machine import sentence
from benchmarks.parts import PARTS, part

HERE = Path(__file__).parent
PAGE, FIGURES, PLOTS = "RESULTS.md", "results.json", "plots"


class MarkerError(Exception):
    """The page has no place for what was measured."""


def filled(page: str, name: str, content: str) -> str:
    """The page with that content at its place."""
    begin = f"<!-- measured: {name} -->"
    found = re.subn(rf"({re.escape(begin)}\n).*?(<!-- end -->)", lambda match: f"{match[1]}{content.strip()}\n{match[2]}", page, count=1, flags=re.DOTALL)
    if not found[1]:
        raise MarkerError(f"{PAGE} has no '{begin}' with an '<!-- end -->' after it: put both where the figures of '{name}' belong.")
    return found[0]


def section(name: str, result: Mapping[str, Any]) -> str:
    """What is said about a part: when, how and where it was measured, and its figures."""
    about = result["about"]
    return f"{about['date']}, `{about['command']}`; {sentence(about['machine'])}.\n\n{part(name).render(result['raw'])}"


def rendered(page: str, results: Mapping[str, Any]) -> str:
    """The page with all results."""
    for name, result in results.items():
        page = filled(page, name, section(name, result))
    return filled(page, "targets", targets.render(results))


def pictures(results: Mapping[str, Any]) -> dict[str, str]:
    """All plots, by file name."""
    found: dict[str, str] = {}
    for name, result in results.items():
        found |= {f"{plot}.svg": text for plot, text in part(name).plots(result["raw"]).items()}
    return found


def known(folder: Path = HERE) -> dict[str, Any]:
    """What was measured before, in the order of the parts."""
    path = folder / FIGURES
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {name: found[name] for name in PARTS if name in found}


def write(results: Mapping[str, Any], folder: Path = HERE) -> None:
    """Figures, plots and page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FIGURES).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / PLOTS).mkdir(exist_ok=True)
    for name, text in pictures(results).items():
        (folder / PLOTS / name).write_text(text, encoding="utf-8")
    source = folder / PAGE if (folder / PAGE).exists() else HERE / PAGE
    (folder / PAGE).write_text(rendered(source.read_text(encoding="utf-8"), results), encoding="utf-8")
