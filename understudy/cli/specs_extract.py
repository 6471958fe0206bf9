"""`understudy specs extract`: writes what the guides name into each backend's guide.yaml."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from understudy.cli.folders import backend_folder, guides_folder
from understudy.contract.errors import UsageError
from understudy.contract.reader import backend_names
from understudy.guides import refresh
from understudy.guides.ledger import FILE

__all__ = ["command"]


@click.command("extract")
@click.argument("backends", nargs=-1, metavar="[BACKEND]...")
@click.option("--guides", metavar="DIR", help="Folder of the guides. Default: UNDERSTUDY_GUIDES, else ../shared/guides beside the checkout.")
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a guide.yaml differs.")
@click.pass_context
def command(context: click.Context, backends: tuple[str, ...], guides: str | None, check: bool) -> None:
    """Write each backend's guide.yaml from its guide, keeping the reasons why entries are out of scope."""
    source = guides_folder(guides)
    differs = False
    for folder in map(backend_folder, backends or backend_names()):
        text = _extracted(folder, source)
        before = (folder / FILE).read_text(encoding="utf-8") if (folder / FILE).is_file() else ""
        differs = differs or text != before
        if not check and text != before:
            (folder / FILE).write_text(text, encoding="utf-8")
        said = "as it was" if text == before else "differs from its guide" if check else "written"
        click.echo(f"{folder / FILE}: {said}")
    context.exit(1 if check and differs else 0)


def _extracted(folder: Path, guides: Path) -> str:
    """The text that a backend's guide.yaml should have."""
    with TemporaryDirectory() as name:
        copy = Path(name) / folder.name
        copy.mkdir()
        for file in ("backend.yaml", FILE):
            if (folder / file).is_file():
                shutil.copy(folder / file, copy / file)
        try:
            refresh(copy, guides)
        except FileNotFoundError as error:
            raise UsageError(f"{folder / 'backend.yaml'}: its guide {Path(str(error.filename)).name} is not in {guides}.") from None
        return (copy / FILE).read_text(encoding="utf-8")
