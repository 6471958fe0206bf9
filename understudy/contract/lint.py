"""Finds every fault of a backend's documents, or of one document: as many as can be told, not only the first."""

from collections.abc import Iterable

from understudy.contract import reader
from understudy.contract.rules import asyncapi, examples, expressions, names, openapi, provenance, reading, scenarios, sources, statuses, vocabulary
from understudy.contract.rules.fault import Fault, at, shown
from understudy.contract.rules.sources import Source
from understudy.contract.rules.vocabulary import Providers, faker_names

__all__ = ["MOST_BOUND", "Fault", "is_complete", "lint", "lint_all"]

MOST_BOUND = 30


def lint(target: str, providers: Providers = faker_names) -> list[Fault]:
    """The faults of a backend (name or folder) or document, sorted by file and line.

    providers: the names that x-faker may use in a locale. Raises UsageError or ContractError for what can't be looked at at all.
    """
    return _sorted(_checked(target, providers).faults)


def lint_all(providers: Providers = faker_names) -> list[Fault]:
    """The faults of all shipped backends, and whether they have too many operations in Python."""
    checked = [_checked(name, providers) for name in reader.backend_names()]
    return _sorted([fault for source in checked for fault in source.faults] + _too_many(checked))


def is_complete() -> bool:
    """Whether documents are also checked against the OpenAPI standard: that needs the extra `check`."""
    return openapi.is_installed()


def _sorted(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(set(faults))


def _checked(target: str, providers: Providers) -> Source:
    source = sources.find(target)
    if source.unreadable:  # without a file, all that it holds would be reported as missing
        return source
    openapi.check(source)
    asyncapi.check(source)
    try:
        _check(source, providers)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if source.sound:
            raise
        what = f"Some checks were left out, because the document has not the shape of its standard ({type(error).__name__}); mend the other faults first."
        source.faults.append(Fault(shown(source.file), 0, what))
    return source


def _check(source: Source, providers: Providers) -> None:
    """The checks in their order: words that don't fit and names that lead nowhere are taken away, so that the later ones can go on."""
    provenance.check(source)
    asyncapi.check_messages(source)
    vocabulary.check(source, providers)
    reading.make_contract(source)
    expressions.check(source)
    names.check(source)
    examples.check(source)
    scenarios.check(source)
    if source.backend:
        statuses.check(source)


def _too_many(checked: Iterable[Source]) -> list[Fault]:
    bound = [
        (sheet, pointer, named)
        for source in checked
        for sheet in source.sheets
        for named, pointer, node in sheet.operations()
        if (node.get("x-behavior") or {}).get("do") == "bound"
    ]
    what = f"{len(bound)} operations are bound to Python; at most {MOST_BOUND} over all backends."
    return [at(sheet.bundle, pointer, f"{named}: {what}") for sheet, pointer, named in bound[MOST_BOUND:]]
