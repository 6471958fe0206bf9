"""What the command line asks for, as every part takes it."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import Cores


@dataclass(frozen=True, slots=True)
class Setting:
    """rounds: of which medians are taken; seconds: of one measurement; peers: where npm puts them; wait: for a calm machine; defects: a sample of so many,
    0 for all."""

    rounds: int
    seconds: float
    peers: Path
    cores: Cores
    clients: tuple[int, ...] = (50, 500)
    defects: int = 18
    wait: bool = True
