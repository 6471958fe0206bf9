"""All mutants: those of every module beside this one, found by glob."""

import importlib
from collections.abc import Mapping
from pathlib import Path

from .planting import MUTANTS, Mutant

HELPERS = ("serve", "table")


def mutants() -> Mapping[str, Mutant]:
    """The mutants by name."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in HELPERS and not path.stem.startswith("test_"):
            importlib.import_module(f"{__package__}.{path.stem}")
    return dict(sorted(MUTANTS.items()))
