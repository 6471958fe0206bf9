"""The files that a run leaves for people and programs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["write"]


def write(result: Mapping[str, Any], folder: Path) -> list[Path]:
    """Writes `result.json` and `report.html`; the paths of all that is there to read."""
    from load.reports import page

    (folder / "result.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (folder / "report.html").write_text(page.render(result), encoding="utf-8")
    return [path for name in ("report.html", "result.json", "locust.html") if (path := folder / name).exists()]
