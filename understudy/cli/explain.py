"""`understudy explain`: what a rule of the checks says, why it matters, and where to look when it is broken."""

from collections.abc import Iterable
from typing import Any

import click

from understudy.cli.output import print_json, print_table

__all__ = ["command"]

WORDS = (("says", "Says"), ("why", "Why"), ("mend", "Where to look"))


@click.command("explain")
@click.argument("name", required=False, metavar="[RULE]")
@click.option("--json", "as_json", is_flag=True, help="Output for programs.")
def command(name: str | None, as_json: bool) -> None:
    """Explain a rule of `understudy check`, one of Schemathesis' codes (ST101) included; without RULE, list all by class."""
    from contract_tests import rules

    if name is None:
        found = [*rules.rules().values(), *rules.foreign().values()]
        print_json({"rules": [_as_json(item) for item in found]}) if as_json else _list(found)
        return
    rule = rules.rule(_rule_of(name))
    if as_json:
        print_json({**_as_json(rule), **({"text": text} if (text := _foreign(rule.name)) else {})})
    else:
        click.echo(_foreign(rule.name) or _page(rule))


def _rule_of(name: str) -> str:
    """The rule of a finding's id, which begins with it."""
    return name.partition(":")[0]


def _foreign(name: str) -> str:
    """Schemathesis' own text of its code."""
    from contract_tests import rules

    return "" if name in rules.rules() else rules.explained(name)


def _as_json(rule: Any) -> dict[str, Any]:
    return {"rule": rule.name, "class": rule.class_, "title": _title(rule), "layer": rule.layer, "says": rule.says, "why": rule.why, "mend": rule.mend}


def _title(rule: Any) -> str:
    from contract_tests import rules

    found: str = rules.classes()[rule.class_].title
    return found


def _page(rule: Any) -> str:
    lines = [f"{rule.name}: {_title(rule)} ({rule.class_})", ""]
    lines += [f"{label}: {getattr(rule, word)}." for word, label in WORDS if getattr(rule, word)]
    if rule.about:
        lines += ["", f"A warning where an operation's x-inferred says: {', '.join(rule.about)}."]
    return "\n".join([*lines, "", f"Check it alone: understudy check BACKEND --only {rule.name}"])


def _list(found: Iterable[Any]) -> None:
    """All rules, the heaviest class first."""
    from contract_tests import rules

    for owner in rules.classes().values():
        rows = [(rule.name, rule.says) for rule in found if rule.class_ == owner.name]
        if rows:
            print_table(("rule", "says"), rows, f"{owner.title} ({owner.name})")
            click.echo("")
