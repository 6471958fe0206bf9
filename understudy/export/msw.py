"""The MSW export: a folder of modules that answer as the mock does."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files as packaged

from mock_server.app import create_engine, twins_text
from mock_server.engine.engine import Engine
from understudy.contract.functions import time
from understudy.contract.model import Contract
from understudy.export import contracts, plans, rows
from understudy.export.literals import pretty
from understudy.export.names import operation_names
from understudy.export.schemata import Schemata
from understudy.export.types import declarations

__all__ = ["COPIED", "START", "files"]

START = "2026-01-01T00:00:00Z"  # the instant for which seeded rows are written; handlers move them to theirs
IMPORTS = {"f": "{runtime}/functions.js", "x": "{runtime}/operators.js", "s": "./schemas.js"}  # what expressions and schemas are written with
HANDLERS = """\
import {{ createMock }} from '{runtime}/mock.js';
import {{ contract }} from './contract.js';
import {{ fixtures }} from './fixtures.js';
import * as every from './operations.js';
{imports}
export * from './operations.js';

const operations = [
{operations}];

/** The handlers of all operations and channels. */
export function createHandlers(options) {{
  return createHandlersOf(operations, options);
}}

/** The handlers of some operations and of all channels; the others are left out of a bundle. */
export function createHandlersOf(chosen, options) {{
  return createMock({{ contract, operations: chosen, fixtures{twins} }}, options);
}}
"""
COPIED = "./runtime"


def files(contract: Contract, seed: str, runtime: str = COPIED) -> dict[str, str]:
    """Path in the folder -> text. runtime: where the runtime is imported from; only the usual place gets a copy of it."""
    engine = create_engine(contract, seed)
    schemata = Schemata(contract)
    head = f"// {contract.title}: made by `understudy export msw`. Change the documents, not this file.\n/* eslint-disable */\n"
    names = operation_names(contract)
    operations = "\n".join(_operations(engine, schemata, names))
    shared = {**contracts.shared(engine, schemata), "channels": [plans.channel(engine, item, schemata) for item in contract.channels]}
    twins = twins_text(contract)
    own = {"imports": "import { twins } from './twins.js';\n", "twins": ", twins"} if twins else {"imports": "", "twins": ""}
    return {
        "handlers.js": head + HANDLERS.format(runtime=runtime, operations="".join(f"  every.{name},\n" for name in names.values()), **own),
        "handlers.d.ts": declarations(contract),
        "operations.js": head + _importing(operations, runtime),
        "contract.js": head + _importing(f"export const contract = {pretty(shared)};\n", runtime),
        "schemas.js": f"{head}\n{schemata.text()}",  # last, for what was written before may have named further ones
        "fixtures.js": f"{head}\nexport const fixtures = {pretty(rows.fixtures(engine.data, seed, _instant(START)))};\n",
        **({"twins.js": head + twins.replace(f"'{COPIED}/", f"'{runtime}/")} if twins else {}),
        **(runtime_files() if runtime == COPIED else {}),
    }


def _importing(text: str, runtime: str) -> str:
    """A module's text, after the imports that it uses."""
    used = {name: place for name, place in IMPORTS.items() if re.search(rf"\b{name}\.", text)}
    return "".join(f"import * as {name} from '{place.format(runtime=runtime)}';\n" for name, place in used.items()) + "\n" + text


def _operations(engine: Engine, schemata: Schemata, names: Mapping[tuple[str, str], str]) -> Iterator[str]:
    for item in engine.contract.operations:
        yield f"export const {names[item.service, item.id]} = {pretty(plans.operation(engine, engine.plans[item.id], schemata))};\n"


def _instant(text: str) -> float:
    found = time(text)
    assert found is not None
    return float(found)


def runtime_files() -> dict[str, str]:
    """The runtime's modules, as they are."""
    folder = packaged("fixtures") / "runtime"
    return {f"runtime/{item.name}": item.read_text("utf-8") for item in sorted(folder.iterdir(), key=lambda each: each.name) if item.name.endswith(".js")}
