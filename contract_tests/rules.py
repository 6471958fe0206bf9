"""The rules: what each says, why it matters, and where to look when it is broken. Read from `rules.yaml` and `classes.yaml`, and of Schemathesis."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from understudy.contract import documents
from understudy.contract.errors import ContractError, UsageError, suggest

__all__ = ["Class", "Rule", "classes", "described", "explained", "read", "rule", "rules"]

FOREIGN = re.compile(r"ST\d{3}")
SHAPE = "S"
PATIENCE = 30  # seconds for Schemathesis to list its codes


@dataclass(frozen=True, slots=True)
class Class:
    """A class of defects. weight: from 0 to 100, how early its findings stand."""

    name: str
    title: str
    weight: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    class_: of classes.yaml; says: the clause, why: what breaks for whom without it, mend: where to look; about: words of an operation's x-inferred that
    make a finding a warning; layer: of the checks, "" for several; weight: as its class's; groups: whether the same symptom at many operations is one cause.
    """

    name: str
    class_: str
    says: str
    why: str
    mend: str
    about: tuple[str, ...] = ()
    layer: str = ""
    weight: int = 0
    groups: bool = False


REQUIRED = {"class": str, "says": str, "why": str, "mend": str}
OPTIONAL = {"about": (str, list), "layer": str, "weight": int, "groups": bool}
WORDS: Mapping[str, Any] = {**REQUIRED, **OPTIONAL}
KINDS = {str: "a text", (str, list): "a text or a list of texts", int: "a whole number from 0 to 100", bool: "true or false"}


def read(path: Path, known: Mapping[str, Class]) -> dict[str, Rule]:
    """The rules of a file; raises ContractError with file and line for a word that is missing or unknown."""
    found = documents.load(path) or {}
    for pointer, what in _faults(found, known):
        raise ContractError(str(path), documents.line_of(str(path), pointer), what)
    return {name: _rule(name, words, known[words["class"]]) for name, words in found.items()}


def _rule(name: str, words: Mapping[str, Any], owner: Class) -> Rule:
    about = words.get("about", [])
    return Rule(
        name, owner.name, words["says"], words["why"], words["mend"], tuple(about.split() if isinstance(about, str) else about),
        words.get("layer", ""), words.get("weight", owner.weight), words.get("groups", False),
    )  # fmt: skip


def _faults(found: Any, known: Mapping[str, Class]) -> Iterator[tuple[str, str]]:
    if not isinstance(found, dict):
        yield "", "The rules are a mapping of name to words."
        return
    for name, words in found.items():
        at = documents.pointer_of(name)
        if not isinstance(words, dict):
            yield at, f"{name}: a rule is a mapping of words."
            continue
        yield from ((f"{at}{pointer}", f"{name}: {what}") for pointer, what in _wrong_words(words, known))


def _wrong_words(words: Mapping[str, Any], known: Mapping[str, Class]) -> Iterator[tuple[str, str]]:
    for word, value in words.items():
        if word not in WORDS:
            yield documents.pointer_of(word), f"'{word}' is no word of a rule.{suggest(word, WORDS)}"
        elif not _fits(value, WORDS[word]):
            yield documents.pointer_of(word), f"'{word}' is {KINDS[WORDS[word]]}, not {value!r}."
    for word in REQUIRED:
        if word not in words:
            yield "", f"'{word}' is missing."
    if isinstance(words.get("class"), str) and words["class"] not in known:
        yield "/class", f"'{words['class']}' is no class.{suggest(words['class'], known)}"


def _fits(value: Any, kind: Any) -> bool:
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100
    return isinstance(value, kind) and not (isinstance(value, list) and not all(isinstance(item, str) for item in value))


def _file(name: str) -> Path:
    return Path(str(resources.files("contract_tests"))) / name


@lru_cache(maxsize=1)
def classes() -> Mapping[str, Class]:
    """The classes of defects, the heaviest first."""
    found = documents.load(_file("classes.yaml"))["classes"]
    return {name: Class(name, words["title"], words["weight"]) for name, words in found.items()}


@lru_cache(maxsize=1)
def rules() -> Mapping[str, Rule]:
    """Our own rules by name."""
    return read(_file("rules.yaml"), classes())


def rule(name: str) -> Rule:
    """A rule of ours, or a code of Schemathesis; raises UsageError with the closest name."""
    if name in rules():
        return rules()[name]
    if FOREIGN.fullmatch(name.upper()):
        found = foreign().get(name.upper()) or (None if foreign() else _unlisted(name.upper()))
        if found:
            return found
    raise UsageError(f"'{name}' is no rule.{suggest(name, [*rules(), *foreign()])}")


def described(name: str) -> Rule:
    """The rule of a finding; one that nothing describes says its name alone."""
    try:
        return rule(name)
    except UsageError:
        return Rule(name, "", name, "", "")


def _unlisted(code: str) -> Rule:
    """A code whose text is not at hand."""
    return _foreign(code, f"Schemathesis' {code}", "")


def _foreign(code: str, title: str, summary: str) -> Rule:
    weights = documents.load(_file("classes.yaml"))["codes"]
    mend = f"`st explain {code}` says more"
    return Rule(code, SHAPE, title, summary, mend, layer="schema", weight=weights.get(code, classes()[SHAPE].weight), groups=False)


@lru_cache(maxsize=1)
def foreign() -> Mapping[str, Rule]:
    """Schemathesis' codes, as its command lists them; none where it is not installed."""
    lines = re.findall(r"^  (ST\d{3})  (.+?)  +(\S.*)$", _asked("--list"), re.MULTILINE)
    return {code: _foreign(code, title, summary) for code, title, summary in lines}


def explained(code: str) -> str:
    """What Schemathesis says of its code, several lines; "" where it is not installed."""
    return _asked(code).strip()


def _asked(argument: str) -> str:
    """What `st explain` answers: the documented way to these texts. Wide enough that each stands on one line."""
    command = [sys.executable, "-m", "schemathesis.cli", "explain", argument]
    environment = {**os.environ, "COLUMNS": "1000" if argument == "--list" else "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    try:
        ran = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True, env=environment)
    except (OSError, subprocess.SubprocessError):
        return ""
    return ran.stdout.decode("utf-8", "replace")
