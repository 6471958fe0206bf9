"""Others' servers, installed by npm at a pinned version, each into a folder of its own so that one that fails takes no other with it."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import NotHereError

HERE = Path(__file__).parent
PATIENCE = 600


@dataclass(frozen=True, slots=True)
class Peer:
    """A package; beside: what its script wants as well; script: ours, that starts it; program: its own, where it has one."""

    package: str
    version: str
    beside: tuple[str, ...] = ()
    script: str = ""
    program: str = ""
    title: str = field(default="")


PEERS = {
    "prism": Peer("@stoplight/prism-cli", "5.16.0", program="prism", title="Prism"),
    "openapi-backend": Peer("openapi-backend", "5.21.2", script="openapi_backend.mjs", title="openapi-backend"),
    "scalar": Peer("@scalar/mock-server", "0.14.4", beside=("@hono/node-server@1.19.19",), script="scalar.mjs", title="Scalar's mock server"),
    "socket.io": Peer("socket.io", "4.8.4", script="socketio.mjs", title="Node's socket.io"),
}


def default_folder() -> Path:
    """Where peers are kept between runs."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home) / "understudy" / "peers"


def command(name: str, folder: Path) -> list[str]:
    """What starts a peer; it is installed if it is not there yet. Raises NotHereError."""
    peer = PEERS[name]
    place = folder / name
    if not shutil.which("node") or not shutil.which("npm"):
        raise NotHereError("node and npm are wanted (apt install nodejs npm)")
    if installed(peer, place) != peer.version:
        install(peer, place)
    if peer.program:
        return ["node", str((place / "node_modules" / ".bin" / peer.program).resolve())]
    shutil.copy(HERE / peer.script, place)  # beside its packages, so that its imports are found
    return ["node", str(place / peer.script)]


def installed(peer: Peer, place: Path) -> str:
    """The version that is there, or nothing."""
    path = place / "node_modules" / peer.package / "package.json"
    return str(json.loads(path.read_text(encoding="utf-8"))["version"]) if path.exists() else ""


def install(peer: Peer, place: Path) -> None:
    """Installs a peer, without anything that its packages would run."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    wanted = [f"{peer.package}@{peer.version}", *peer.beside]
    quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel", "error"]
    try:
        done = subprocess.run(["npm", "install", *quiet, *wanted], cwd=place, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise NotHereError(f"npm did not install it within {PATIENCE} s") from None
    if done.returncode:
        raise NotHereError(f"npm could not install {wanted[0]}: {reason(done.stderr)}")


def reason(said: str) -> str:
    """What npm gives as the reason, without addresses and paths of this machine."""
    lines = [line.removeprefix("npm error ").strip() for line in said.splitlines() if line.startswith("npm error")]
    words = [word for word in " ".join(lines[:2]).split() if "/" not in word or word.startswith("'@")]
    return " ".join(words)[:120] or "no reason given"
