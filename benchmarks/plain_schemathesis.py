"""Stock Schemathesis on each planted defect, as somebody would run it who has only the document: all phases and checks, signed in as the first account.

`python -m benchmarks.plain_schemathesis --json FILE`; FILE has the name of each defect and the codes that were found, and grows as it runs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from contract_tests.options import Options
from contract_tests.running import opened
from tests.mutants.planting import planted
from tests.mutants.table import mutants

PROGRAM = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())"
EXAMPLES = 10
PATIENCE = 300


def codes(backend: str, urls: Mapping[str, str]) -> Iterator[str]:
    """The codes of what it finds at all services, each once for each service."""
    with opened(Options(backend, urls=tuple(f"{name}={url}" for name, url in urls.items()))) as session:
        token = session.people.everyone[0].token if session.people.everyone else None
        services = [item.name for item in session.contract.services if item.operations]
    for name in services:
        yield from _run(urls[name], token)


def _run(url: str, token: str | None) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "schemathesis.toml").write_text("", encoding="utf-8")
        found = ["--config-file", "schemathesis.toml", "run", f"{url}/openapi.json", "--checks", "all", "-n", str(EXAMPLES), "--seed", "1"]
        found += ["--phases", "examples,coverage,fuzzing,stateful", "--report", "json", "--report-dir", "report", "--no-color"]
        found += ["-H", f"Authorization: Bearer {token}"] if token else []
        subprocess.run([sys.executable, "-c", PROGRAM, *found], cwd=folder, capture_output=True, timeout=PATIENCE, check=False)
        for path in (folder / "report").glob("*.json"):
            yield from (str(item.get("code")) for item in json.loads(path.read_text(encoding="utf-8")).get("failures", ()))


def main() -> None:
    """Runs it on all that the file does not have yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, required=True, help="where results are kept")
    path = parser.parse_args().json
    found: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name, mutant in mutants().items():
        if name not in found:
            with planted(mutant) as server:
                found[name] = sorted(set(codes(mutant.backend, server.urls)))
            path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            print(name, *found[name], flush=True)


if __name__ == "__main__":
    main()
