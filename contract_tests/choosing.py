"""Which checks a run makes, and which of their findings it tells: as `--layer`, `--only` and `--skip` say."""

from collections.abc import Callable, Iterable, Sequence

from contract_tests.causes import FOREIGN
from contract_tests.checks import LAYERS, Check, plan
from contract_tests.findings import Finding
from contract_tests.options import Options
from contract_tests.watching import RULES
from understudy.contract.errors import UsageError, suggest
from understudy.contract.model import Contract

__all__ = ["choose", "told"]


def choose(contract: Contract, options: Options) -> list[Check]:
    """The checks that a run makes: of its layers, those that `only` names, without those that `skip` names. Raises UsageError for names of nothing."""
    for name in options.layers:
        if name not in LAYERS:
            raise UsageError(f"--layer: '{name}' is no layer.{suggest(name, LAYERS)}")
    every = plan(contract, options.layers)
    wanted = {check.id for name in options.only for check in _named(contract, every, name)}
    left_out = {check.id for name in options.skip for check in _exact(every, name)}
    for name in options.skip:
        _named(contract, every, name)
    return [item for item in every if (not options.only or item.id in wanted) and item.id not in left_out]


def _named(contract: Contract, every: Sequence[Check], name: str) -> list[Check]:
    """The checks that a name means, the closest alone. Raises UsageError."""
    found = _exact(every, name) or _close(every, name) or _makers(contract, every, name)
    if not found:
        valid = {item.id for item in every} | {item.rule for item in every} | {item.subject for item in every}
        raise UsageError(f"'{name}' names no check, rule or operation of {contract.name}.{suggest(name, valid)}")
    return found


def _exact(every: Iterable[Check], name: str) -> list[Check]:
    """The checks of an id, its beginning, a rule, a family of rules, a subject or a layer."""
    return [item for item in every if name in (item.id, item.rule, item.subject, item.layer) or item.id.startswith((f"{name}:", f"{name}."))]


def _close(every: Iterable[Check], name: str) -> list[Check]:
    """The checks that say by their id or aspect that a finding is theirs."""
    rule, _, rest = name.partition(":")
    subject, _, aspect = rest.partition(":")
    made = [item for item in every if rule in (item.rule, *item.also) and rule not in RULES]
    alike = [item for item in made if item.aspect and (aspect == item.aspect or aspect.startswith((f"{item.aspect}.", f"{item.aspect}:")))]
    own = [item for item in made if item.subject == subject]
    return [item for item in alike if item.subject == subject] or alike or own


def _makers(contract: Contract, every: Iterable[Check], name: str) -> list[Check]:
    """The checks that may make a finding: those that say so; for what is seen of every answer, all about its operation; for a code, Schemathesis."""
    rule, _, rest = name.partition(":")
    subject = rest.split(":")[0]
    service = next((item.service for item in contract.operations if item.id == subject), subject)
    if FOREIGN.fullmatch(rule):
        return [item for item in every if item.layer == "schema" and item.subject == service]
    said = [item for item in every if rest and rule in (item.rule, *item.also) and (not item.subject or item.subject == subject or item.wide)]
    return said + [item for item in every if rule in RULES and item.subject == subject and item not in said]


def told(findings: Sequence[Finding], options: Options, checks: Iterable[Check]) -> tuple[Finding, ...]:
    """The findings that a run tells: where single checks or findings are asked for those alone, without what is met by the way; none that `skip` names."""
    known = list(checks)
    whole = not options.only or any(name in (check.subject, check.layer) for name in options.only for check in known)
    rules = {rule for name in options.only for check in _exact(known, name) for rule in (check.rule, *check.also)}
    asked = [item for item in findings if whole or item.rule in rules or any(map(_is(item), options.only))]
    return tuple(item for item in asked if not any(map(_is(item), options.skip)))


def _is(finding: Finding) -> Callable[[str], bool]:
    """Whether a name is that of a finding, or of one of its symptoms."""
    ids = {finding.id, *(":".join(filter(None, symptom)) for symptom in finding.symptoms)}
    return lambda name: name in ids or any(item.startswith(f"{name}:") for item in ids)
