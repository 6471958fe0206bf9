"""What `understudy mock` was asked for."""

from dataclasses import dataclass, field
from pathlib import Path

from mock_server.transports.guarding import Limits


@dataclass(frozen=True, slots=True)
class MockOptions:
    """What `understudy mock` serves and how.

    targets: backends and documents, () for all shipped ones; port: of the first service; seed: any text;
    validate: on, strict, warn or off; verbosity: 0 as usual, more than 0 for -v, less for -q; limits: of a connection.
    """

    targets: tuple[str, ...] = ()
    port: int | None = None
    port_offset: int = 0
    single_port: int | None = None
    host: str = "127.0.0.1"
    seed: str = "understudy"
    overlays: tuple[Path, ...] = ()
    validate: str = "on"
    color: bool = False
    verbosity: int = 0
    json: bool = False
    limits: Limits = field(default_factory=Limits)
