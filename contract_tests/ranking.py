"""Which findings matter most: causes before effects, and many symptoms of one cause as one finding."""

import json
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

from contract_tests.findings import Finding
from contract_tests.rules import described

__all__ = ["foremost", "grouped", "ranked"]

SEVERITIES = ("error", "warning")
# What differs from symptom to symptom without telling of another cause: texts inside JSON, instants, ids, paths, long numbers.
INCIDENTAL = re.compile(r'(?<=:)\s*"(?:[^"\\]|\\.)*"' r"|\d{4}-\d\d-\d\dT[\d:.+Z-]+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|(?<![\w/])/[\w{}./%~-]+|\d{4,}")


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, many symptoms of one cause as one, the most important first, accepted ones last."""
    return tuple(sorted(grouped(findings), key=_rank))


def _rank(finding: Finding) -> tuple[bool, int, int, int, str]:
    return not finding.counts, SEVERITIES.index(finding.severity), -described(finding.rule).weight, -finding.count, finding.id


def foremost(findings: Sequence[Finding], number: int = 5) -> tuple[Finding, ...]:
    """The first findings of a ranked list, of each rule one before there is a second."""
    counted = [item for item in findings if item.counts]
    first: dict[str, Finding] = {}
    for item in counted:
        first.setdefault(item.rule, item)
    chosen = list(first.values())[:number]
    chosen += [item for item in counted if item not in chosen][: number - len(chosen)]
    return tuple(item for item in counted if item in chosen)


def grouped(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of a rule that `groups`, with the same expected and seen, as one: the worst, with the count and the subjects of all."""
    found: dict[Hashable, list[Finding]] = {}
    for item in findings:
        found.setdefault(_cause(item), []).append(item)
    return [_one(items) for items in found.values()]


def _cause(finding: Finding) -> Hashable:
    if not described(finding.rule).groups:
        return finding.id, finding.accepted
    return finding.rule, finding.service, finding.aspect, _alike(finding.expected), _alike(finding.seen), finding.accepted


def _alike(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return INCIDENTAL.sub("*", text)


def _one(items: Sequence[Finding]) -> Finding:
    head = min(items, key=lambda item: SEVERITIES.index(item.severity))
    if len(items) == 1:
        return head
    subjects = tuple(dict.fromkeys(subject for item in (head, *items) for subject in item.every_subject))
    return replace(head, count=sum(item.count for item in items), subjects=subjects)
