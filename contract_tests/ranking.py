"""Which findings matter most: causes before effects, and many symptoms of one cause as one finding."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

from contract_tests.causes import Group, alike, by_cause
from contract_tests.findings import Finding
from contract_tests.rules import described

__all__ = ["foremost", "grouped", "ranked"]

SEVERITIES = ("error", "warning")


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
    """Findings of one cause as one, with the count and the subjects of all: by the table of causes, else by rules that `groups`."""
    return [_one(group) for group in by_cause(findings, _cause)]


def _cause(finding: Finding) -> Hashable:
    if not described(finding.rule).groups:
        return finding.id, finding.accepted
    return finding.rule, finding.service, finding.aspect, alike(finding.expected), alike(finding.seen), finding.accepted


def _one(group: Group) -> Finding:
    """The rule that stands first in the cause's entry tells it, of its findings the worst."""
    order = group.cause.rules if group.cause else ()
    teller = min(group.items, key=lambda item: order.index(item.rule) if item.rule in order else len(order)).rule
    head = min((item for item in group.items if item.rule == teller), key=lambda item: SEVERITIES.index(item.severity))
    if len(group.items) == 1:
        return head
    subjects = tuple(dict.fromkeys(subject for item in (head, *group.items) for subject in item.every_subject))
    symptoms = tuple(dict.fromkeys((item.rule, subject, item.aspect) for item in (head, *group.items) for subject in item.every_subject))
    return replace(head, count=sum(item.count for item in group.items), subjects=subjects, symptoms=symptoms)
