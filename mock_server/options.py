"""What `understudy mock` was asked for."""

from dataclasses import dataclass, field
from pathlib import Path

from mock_server.transports.limits import Limits


@dataclass(frozen=True, slots=True)
class MockOptions:
    """What `understudy mock` serves and how.

    targets: backends and documents, () for all shipped ones; port: of the first service; seed: any text;
    validate: on, strict, warn or off; now: the instant (RFC 3339) at which worlds begin; worlds: how many there may be;
    state: the URL of the Redis that holds state, None for the process itself; workers: processes that serve;
    scenarios: applied at start; load, save: files with state; watch: whether changed documents take effect; admin_token, admin_origins: who may steer;
    verbosity: 0 as usual, more than 0 for -v, less for -q; limits: of a connection.
    """

    targets: tuple[str, ...] = ()
    port: int | None = None
    port_offset: int = 0
    single_port: int | None = None
    host: str = "127.0.0.1"
    seed: str = "understudy"
    overlays: tuple[Path, ...] = ()
    validate: str = "on"
    now: str | None = None
    worlds: int = 1000
    state: str | None = None
    workers: int = 1
    scenarios: tuple[str, ...] = ()
    load: Path | None = None
    save: Path | None = None
    watch: bool = False
    admin_token: str | None = None
    admin_origins: tuple[str, ...] = ()
    color: bool = False
    verbosity: int = 0
    json: bool = False
    limits: Limits = field(default_factory=Limits)
