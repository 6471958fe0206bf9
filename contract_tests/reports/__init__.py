"""Reports: one module for each format, each a function of a Report that gives a text."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from contract_tests.report import Report
from contract_tests.reports import html, junit, markdown, plain, sarif, terminal
from understudy.contract.errors import UsageError, suggest
from understudy.wire import files

__all__ = ["FORMATS", "wanted", "write"]

FORMATS: Mapping[str, Callable[[Report], str]] = {
    "html": html.render,
    "json": plain.render,
    "junit": junit.render,
    "markdown": markdown.render,
    "sarif": sarif.render,
    "text": terminal.render,
}


def wanted(texts: Iterable[str]) -> dict[str, Path]:
    """What `--report` asks for, `FORMAT=PATH` each: format -> path. Raises UsageError."""
    found: dict[str, Path] = {}
    for text in texts:
        name, separator, path = text.partition("=")
        if name not in FORMATS:
            raise UsageError(f"--report: '{name}' is no format of a report.{suggest(name, FORMATS)}")
        if not separator or not path:
            raise UsageError(f"--report: '{text}' is not FORMAT=PATH, such as {name}=report.{name}.")
        if name in found:
            raise UsageError(f"--report: '{name}' is asked for twice.")
        found[name] = Path(path)
    return found


def write(report: Report, wanted: Mapping[str, Path]) -> None:
    """Writes reports, format -> path, each whole or not at all and none before all are made; raises UsageError."""
    unknown = [name for name in wanted if name not in FORMATS]
    if unknown:
        raise UsageError(f"'{unknown[0]}' is no format of a report.{suggest(unknown[0], FORMATS)}")
    made = {path: FORMATS[name](report).encode("utf-8") for name, path in wanted.items()}
    for path, content in made.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write(path, content)
        except OSError as error:
            raise UsageError(f"{path}: The report can't be written: {error.strerror or error}.") from None
