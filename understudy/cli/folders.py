"""The folders of backends, and that of the guides."""

import os
from pathlib import Path

from understudy.contract.errors import UsageError, suggest
from understudy.contract.reader import backend_names, specs_folder

__all__ = ["backend_folder", "guides_folder"]


def backend_folder(target: str) -> Path:
    """The folder of a backend's name, or a folder with backend.yaml; raises UsageError with the closest name."""
    if target in backend_names():
        return specs_folder() / target
    if (Path(target) / "backend.yaml").is_file():
        return Path(target)
    raise UsageError(f"'{target}' is no backend.{suggest(target, backend_names())}")


def guides_folder(given: str | None) -> Path:
    """The folder of the guides: as given, as UNDERSTUDY_GUIDES says, or shared/guides beside the checkout; raises UsageError if it is not there."""
    path = Path(given or os.environ.get("UNDERSTUDY_GUIDES") or specs_folder().parent.parent / "shared" / "guides")
    if not path.is_dir():
        raise UsageError(f"The guides are not at {path}. Say where they are: --guides DIR, or UNDERSTUDY_GUIDES.")
    return path
