"""Which findings have one cause: by the table `causes.yaml`, and what is seen of an operation that is not there or always fails."""

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from contract_tests.exchange import Exchange
from contract_tests.findings import Finding
from understudy.contract import documents

__all__ = ["BROKEN", "Cause", "Group", "alike", "by_cause", "causes"]

# Rule and aspect of findings that say that a service or operation does not work at all -> why nothing else of it is checked: all else is an effect.
BROKEN = {
    ("surface.service", ""): "its service answers everything alike",
    ("surface.operation", "missing"): "its route is missing",
    ("surface.operation", "crash"): "it crashes whatever it is asked",
    ("surface.operation", "silent"): "it does not answer",
}
FOREIGN = re.compile(r"ST\d{3}")
# What differs from symptom to symptom without telling of another cause: texts inside JSON, instants, ids, paths, long numbers.
INCIDENTAL = re.compile(r'(?<=:)\s*"(?:[^"\\]|\\.)*"' r"|\d{4}-\d\d-\d\dT[\d:.+Z-]+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|(?<![\w/])/[\w{}./%~-]+|\d{4,}")
# What a validator says, whoever wrote it: the same complaint of three validators reads alike.
COMPLAINTS = (
    (re.compile(r"[\"'](\S+)[\"'] is a required property"), r"required \1"),
    (re.compile(r"is not of types? [\"'](\w+)[\"']"), r"no \1"),
    (re.compile(r"is no instant with a zone"), "no date-time"),
    (re.compile(r"is not a [\"']([\w-]+)[\"']"), r"no \1"),
    (re.compile(r"Additional properties are not allowed \((.*?) w"), r"unexpected \1"),
    (re.compile(r"(?i)no JSON|not JSON|(?:text|application)/(?!json)[\w.+-]+"), "type"),
    (re.compile(r"is not one of|was expected|does not match|(?:less|greater) than|too (?:short|long)"), r"\g<0>"),
)
POINTER = re.compile(r"/properties/([^/\s\"':)]+)")
NAMES = re.compile(r"[^./*]+")


@dataclass(frozen=True)
class Cause:
    """One entry of the table."""

    rules: tuple[str, ...]
    by: tuple[str, ...]
    statuses: tuple[int, ...] = ()
    aspects: re.Pattern[str] | None = None
    effects: tuple[str, ...] = ()

    def fits(self, finding: Finding) -> bool:
        """Whether a finding may be of this cause."""
        return (
            finding.rule in self.rules
            and (not self.statuses or status_of(finding) // 100 in self.statuses)
            and (self.aspects is None or bool(self.aspects.search(finding.aspect)))
        )

    def key(self, finding: Finding) -> Hashable:
        """What findings of one cause agree in."""
        return self.rules, finding.accepted, *(PARTS[name](finding) for name in self.by)


@dataclass
class Group:
    """Findings of one cause; cause: None where the table says nothing of them."""

    cause: Cause | None
    items: list[Finding] = field(default_factory=list)


@lru_cache(maxsize=1)
def causes() -> tuple[Cause, ...]:
    """The entries of the table, in their order."""
    found = documents.load(Path(str(resources.files("contract_tests"))) / "causes.yaml")
    return tuple(_read(entry) for entry in found)


def _read(entry: Mapping[str, Any]) -> Cause:
    aspects = re.compile(entry["aspects"]) if "aspects" in entry else None
    return Cause(tuple(entry["rules"]), tuple(entry["by"]), tuple(entry.get("statuses", ())), aspects, tuple(entry.get("effects", ())))


def by_cause(findings: Iterable[Finding], otherwise: Callable[[Finding], Hashable]) -> list[Group]:
    """The findings of each cause, told first by the rule that stands first in its entry. otherwise: a key for those of which the table says nothing."""
    items = list(findings)
    groups: dict[Hashable, Group] = {}
    for item in sorted(items, key=lambda item: bool(FOREIGN.fullmatch(item.rule))):
        cause, key = _place(item, groups, otherwise)
        groups.setdefault(key, Group(cause)).items.append(item)
    return list(_without_effects(list(groups.values())))


def _place(item: Finding, groups: Mapping[Hashable, Group], otherwise: Callable[[Finding], Hashable]) -> tuple[Cause | None, Hashable]:
    fitting = [(cause, cause.key(item)) for cause in causes() if cause.fits(item)]
    known = next((place for place in fitting if place[1] in groups), None) if FOREIGN.fullmatch(item.rule) else None
    return known or next(iter(fitting), (None, otherwise(item)))


def _without_effects(groups: Sequence[Group]) -> Iterator[Group]:
    """The groups, each joined with what is only its effect: all that is seen of what does not work, and what its entry names."""
    owners = dict(_owners(groups))
    for group in groups:
        mine = [(item, owner) for item in group.items if (owner := _owner(item, owners)) is not None and owner is not group]
        for item, owner in mine:
            owner.items.append(item)
        gone = [item for item, _ in mine]
        group.items = [item for item in group.items if item not in gone]
    yield from (group for group in groups if group.items)


def _owners(groups: Sequence[Group]) -> Iterator[tuple[tuple[str, str], Group]]:
    """Subject or service, and rule ("" for any), of effects -> the group of their cause."""
    for group in groups:
        for item in group.items if group.items[0].counts else ():
            if (item.rule, item.aspect) in BROKEN:
                yield (item.subject, ""), group
            yield from (((item.subject, rule), group) for rule in (group.cause.effects if group.cause else ()))


def _owner(item: Finding, owners: Mapping[tuple[str, str], Group]) -> Group | None:
    """The group of the cause of which a finding is an effect."""
    return next((owners[key] for key in ((item.service, ""), (item.subject, ""), (item.subject, item.rule)) if key in owners), None)


def status_of(finding: Finding) -> int:
    """The status of the answer that shows it; 0 where there is none."""
    last = finding.evidence[-1] if finding.evidence else None
    return last.status if isinstance(last, Exchange) else 0


def complaint_of(finding: Finding) -> str:
    """What a validator complains of, without the value."""
    text = f"{finding.title}\n{finding.seen if isinstance(finding.seen, str) else ''}"
    said = next((found.expand(said) for pattern, said in COMPLAINTS if (found := pattern.search(text))), finding.aspect)
    return str(said)


def field_of(finding: Finding) -> str:
    """The field that it is about: of the schema that a validator names, else of the aspect."""
    texts = [text for text in (finding.seen, finding.expected) if isinstance(text, str)]
    named = [name for text in texts for name in POINTER.findall(text)]
    parts = [part for part in NAMES.findall(finding.aspect) if not part.isdigit()]
    return str((named[-1:] or parts[-1:] or ["body"])[0])


def alike(value: object) -> str:
    """A value without what differs from symptom to symptom of one cause."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return INCIDENTAL.sub("*", text)


PARTS: Mapping[str, Callable[[Finding], Hashable]] = {
    "service": lambda finding: finding.service,
    "subject": lambda finding: finding.subject,
    "aspect": lambda finding: finding.aspect,
    "status": status_of,
    "field": field_of,
    "complaint": complaint_of,
    "seen": lambda finding: alike(finding.seen),
}
