"""`understudy specs vocabulary`: the page docs/vocabulary.md, made of the JSON Schemas."""

import click

from understudy.contract.errors import UsageError
from understudy.contract.pages import vocabulary_page
from understudy.contract.reader import specs_folder

__all__ = ["command"]


@click.command("vocabulary")
@click.option("--write", is_flag=True, help="Write docs/vocabulary.md of the checkout.")
def command(write: bool) -> None:
    """Print the words of x-behavior, x-faker and backend.yaml with their meaning."""
    if not write:
        click.echo(vocabulary_page(), nl=False)
        return
    folder = specs_folder().parent / "docs"
    if not folder.is_dir():
        raise UsageError(f"{folder} is not there: --write needs a checkout of the project.")
    (folder / "vocabulary.md").write_text(vocabulary_page(), encoding="utf-8")
    click.echo(f"{folder / 'vocabulary.md'}: written")
