"""Each planted defect is found by the layer that should find it, by a rule of one of its classes."""

from collections.abc import Mapping

import pytest

from contract_tests.checks import LAYERS, plan
from contract_tests.options import Options
from contract_tests.rules import described
from contract_tests.running import choose, opened, run_check
from understudy.contract.model import Contract
from understudy.contract.reader import read

from .planting import Mutant, planted
from .table import mutants

TOGETHER = tuple(layer for layer in LAYERS if layer not in ("realtime", "schema"))  # quick ones
KNOWN_MISSED: frozenset[str] = frozenset()  # what is not found yet; benchmarks/CHECKS.md says why


def subjects(mutant: Mutant, contract: Contract) -> set[str]:
    """What checks of sockets may be about: the operations and messages of a defect, and the channels."""
    found = set(mutant.about) | {channel.id for channel in contract.channels}
    for channel in contract.channels:
        found |= {item.operation.id for name, item in channel.receives.items() if name in mutant.about}
        found |= {push.id for name, push in channel.sends.items() if name in mutant.about}
    return found


def chosen(mutant: Mutant, contract: Contract) -> tuple[str, ...]:
    """The names by which the checks of a defect are chosen: of sockets those that are about it, else all."""
    if layers(mutant) != ("realtime",):
        return ()
    about = subjects(mutant, contract)
    return tuple({check.subject for check in plan(contract, ("realtime",)) if check.subject in about})


def layers(mutant: Mutant) -> tuple[str, ...]:
    """The layers that are run for a defect."""
    return ("realtime",) if mutant.layer == "realtime" or any(name.startswith("lock") for name in mutant.about) else TOGETHER


def rules_until_found(mutant: Mutant, urls: Mapping[str, str]) -> dict[str, str]:
    """Rule -> class of what is found, until a rule of one of the defect's classes is among it."""
    contract = read(mutant.backend)
    places = tuple(f"{service}={url}" for service, url in urls.items())
    options = Options(mutant.backend, urls=places, layers=layers(mutant), only=chosen(mutant, contract), twice=False)
    rules: dict[str, str] = {}
    with opened(options, contract) as session:
        for item in choose(contract, options):
            rules |= {finding.rule: described(finding.rule).class_ for finding in run_check(session, item).findings}
            if set(rules.values()) & set(mutant.classes):
                break
    return rules


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(mutants()))
def test_planted_defects_are_found_by_the_right_rule(name: str) -> None:
    mutant = mutants()[name]
    with planted(mutant) as server:
        rules = rules_until_found(mutant, server.urls)
    found = set(rules.values()) & set(mutant.classes)
    assert bool(found) != (name in KNOWN_MISSED), f"{mutant.says} Found by other rules only: {rules}"
