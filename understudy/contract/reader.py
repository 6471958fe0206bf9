"""Reads a backend's folder, or one document that nobody here has seen, into a Contract."""

from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from understudy.contract import documents, inference, overlays, schemas, shape
from understudy.contract.asyncapi import VERSION, standard_faults
from understudy.contract.behaviors import read_behavior
from understudy.contract.bundle import Bundle, bundle
from understudy.contract.channels import read_channels, wrong_refusals
from understudy.contract.collections import read_collections
from understudy.contract.errors import ContractError, UsageError, suggest
from understudy.contract.model import Collection, Contract, Media, Operation, Parameter, Response, Security, Service
from understudy.contract.scenarios import read_scenarios
from understudy.contract.vocabulary import faults

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
FREE_PORT = 4010  # Prism's, for a document that comes without backend.yaml


def specs_folder() -> Path:
    """Where the shipped backends lie: beside the packages of a checkout, inside the wheel's package otherwise."""
    inside = Path(str(resources.files("understudy"))) / "specs"
    return inside if inside.is_dir() else Path(str(resources.files("understudy"))).parent / "specs"


def backend_names(folder: Path | None = None) -> tuple[str, ...]:
    """The shipped backends: each folder with a backend.yaml."""
    return tuple(sorted(path.parent.name for path in (folder or specs_folder()).glob("*/backend.yaml")))


def read(target: str, overlay_files: Iterable[Path] = ()) -> Contract:
    """The contract of a backend's name, a folder with backend.yaml, or a document's path."""
    path = Path(target)
    if target in backend_names() and not path.is_file():
        return read_backend(specs_folder() / target, overlay_files)
    if path.is_dir() and (path / "backend.yaml").is_file():
        return read_backend(path, overlay_files)
    if path.is_file():
        return read_document(path, overlay_files)
    hint = suggest(target, backend_names())
    raise UsageError(f"'{target}' is neither a backend nor a document that is there.{hint}")


def read_backend(folder: Path, overlay_files: Iterable[Path] = ()) -> Contract:
    """The contract of a folder with backend.yaml."""
    file = folder / "backend.yaml"
    settings = documents.load(file)
    for pointer, what in faults("backend", "", settings):
        raise ContractError(str(file), documents.line_of(str(file), pointer), what)
    changes = overlays.load_all(overlay_files)
    bundles = {name: _bundles(folder, name, service, changes) for name, service in settings["services"].items()}
    overlays.refuse_unused(changes)
    collections = read_collections([found for pair in bundles.values() for found in pair if found] + _shared(folder))
    services = tuple(_service(name, service, *bundles[name], collections) for name, service in settings["services"].items())
    return _completed(Contract(folder.name, settings["title"], str(folder), services, MappingProxyType(collections), settings, scenarios=_scenarios(folder)))


def _scenarios(*folders: Path) -> Mapping[str, Mapping[str, Any]]:
    """The scenarios that fit every backend, and a folder's own."""
    return read_scenarios(specs_folder() / "_shared", *folders)


def _completed(contract: Contract) -> Contract:
    """The contract with what inference adds; raises ContractError for a refusal that could not be told."""
    for channel in contract.channels:
        for operation, what in wrong_refusals(channel):
            place = channel.bundle.place(f"{operation.pointer}/x-behavior/refused/message")
            raise ContractError(*place, f"{operation.id}: x-behavior.refused: {what}")
    return inference.complete(contract)


def _shared(folder: Path) -> list[Bundle]:
    """The files that only hold components: a collection may stand there that no operation answers with."""
    files = [path for path in sorted(folder.glob("*.yaml")) if "components" in (documents.load(path) or {})]
    return [bundle(path) for path in files if not path.name.endswith((".openapi.yaml", ".asyncapi.yaml"))]


def read_document(path: Path, overlay_files: Iterable[Path] = ()) -> Contract:
    """The contract of one OpenAPI or AsyncAPI document: its behaviour is declared where x-behavior stands, else inferred."""
    changes = overlays.load_all(overlay_files)
    data = documents.load(path)
    realtime = _asyncapi(path, data, changes, strict=True) if isinstance(data, dict) and "asyncapi" in data else None
    found = realtime or _openapi(path, changes)
    overlays.refuse_unused(changes)
    collections = read_collections([found])
    info = found.data.get("info") or {}
    settings: dict[str, Any] = {"title": str(info.get("title") or path.stem), "services": {"api": {"port": FREE_PORT}}}
    if realtime is not None and not read_channels("api", realtime, collections):
        protocols = ", ".join(sorted({str(server.get("protocol")) for server in (realtime.data.get("servers") or {}).values() if isinstance(server, dict)}))
        raise ContractError(str(path), 1, f"No channel is reached over WebSocket or Socket.IO, so there is nothing to serve. Protocols: {protocols or 'none'}.")
    service = _service("api", settings["services"]["api"], None if realtime else found, realtime, collections)
    name = "".join(c if c.isalnum() else "-" for c in path.name.split(".")[0]).strip("-").lower() or "api"
    contract = Contract(name, settings["title"], str(path.parent), (service,), MappingProxyType(collections), settings, declared=False, scenarios=_scenarios())
    return _completed(contract)


def _bundles(folder: Path, name: str, service: Mapping[str, Any], changes: list[overlays.Overlay]) -> tuple[Bundle | None, Bundle | None]:
    rest = folder / service.get("openapi", f"{name}.openapi.yaml")
    realtime = folder / service.get("asyncapi", f"{name}.asyncapi.yaml")
    return (_openapi(rest, changes) if rest.is_file() or "openapi" in service else None), (
        _asyncapi(realtime, documents.load(realtime), changes) if realtime.is_file() or "asyncapi" in service else None
    )


def _asyncapi(path: Path, data: Any, changes: list[overlays.Overlay], strict: bool = False) -> Bundle:
    """A realtime document. strict: held against the standard, which of our own ones `specs lint` does."""
    version = str(data.get("asyncapi", "")) if isinstance(data, dict) else ""
    if not version.startswith("3."):
        found = f"'{version}'" if version else "none"
        raise ContractError(str(path), 1, f"An AsyncAPI document names its version, 3.0; found {found}.")
    for pointer, what in standard_faults(data) if strict and version == VERSION else ():
        if 'is not a "uri-reference"' not in what:  # a reference that leads somewhere does so however it is written
            raise ContractError(str(path), documents.line_of(str(path), pointer), what)
    result = bundle(path, data)
    return Bundle(result.file, overlays.apply(changes, result), result.origins)


def _openapi(path: Path, changes: list[overlays.Overlay]) -> Bundle:
    data = documents.load(path)
    if not isinstance(data, dict):
        raise ContractError(str(path), 1, "The document is not a mapping.")
    version = str(data.get("openapi") or data.get("swagger") or "")
    if not version.startswith(("3.0", "3.1")):
        found = f"'{version}'" if version else "none"
        raise ContractError(str(path), 1, f"An OpenAPI document names its version, 3.0 or 3.1; found {found}.")
    for word in ("paths", "components"):
        if not isinstance(data.get(word, {}), dict):
            raise ContractError(str(path), documents.line_of(str(path), f"/{word}"), f"'{word}' is a mapping.")
    result = bundle(path, data)
    changed = Bundle(result.file, overlays.apply(changes, result), result.origins)
    shape.check(changed)
    return Bundle(changed.file, schemas.nullable_as_type(changed.data), changed.origins) if version.startswith("3.0") else changed


def _service(name: str, settings: Mapping[str, Any], rest: Bundle | None, realtime: Bundle | None, collections: Mapping[str, Collection]) -> Service:
    base = _base(rest.data.get("servers")) if rest else ""
    operations = tuple(_operations(name, rest, base, collections)) if rest else ()
    title = str((rest or realtime or Bundle("", {})).data.get("info", {}).get("title", name))
    channels = read_channels(name, realtime, collections) if realtime else ()
    return Service(name, settings["port"], title, settings.get("purpose", ""), rest, realtime, base, operations, settings, channels)


def _base(servers: Any) -> str:
    """The path of the first server's URL, without its trailing slash."""
    if not (isinstance(servers, list) and servers and isinstance(servers[0], dict)):
        return ""
    url = str(servers[0].get("url", ""))
    for variable, value in (servers[0].get("variables") or {}).items():
        url = url.replace(f"{{{variable}}}", str(value.get("default", "")))
    path = url.split("://", 1)[-1].partition("/")[2] if "://" in url else url.lstrip("/")
    return f"/{path.strip('/')}" if path.strip("/") else ""


def _operations(service: str, found: Bundle, base: str, collections: Mapping[str, Collection]) -> Iterable[Operation]:
    for template, item in found.data.get("paths", {}).items():
        if not isinstance(item, dict):
            continue
        here = _base(item["servers"]) if "servers" in item else base
        for method in METHODS:
            if isinstance(item.get(method), dict):
                yield _operation(service, found, here, template, method, item, collections)


def _operation(service: str, found: Bundle, base: str, template: str, method: str, item: Mapping[str, Any], collections: Mapping[str, Collection]) -> Operation:
    node, pointer = item[method], documents.pointer_of("paths", template, method)
    own_base = _base(node["servers"]) if "servers" in node else base
    security, anonymous = _security(found.data, node)
    bodies, body_required = _bodies(found.data, node, pointer)
    return Operation(
        id=str(node.get("operationId") or _name_of(method, template)), service=service, method=method.upper(), path=own_base + template,
        parameters=tuple(_parameters(found, template, method, item)), bodies=bodies, body_required=body_required,
        responses=_responses(found.data, node, pointer), security=security, anonymous=anonymous,
        behavior=read_behavior(found, node, pointer, "operation", f"{method.upper()} {template}", collections), pointer=pointer, bundle=found,
        tags=tuple(str(tag) for tag in node.get("tags") or ()), summary=str(node.get("summary") or ""),
    )  # fmt: skip


def _name_of(method: str, template: str) -> str:
    return method + "".join(part.strip("{}").title().replace("-", "").replace("_", "") for part in template.split("/"))


def _parameters(found: Bundle, template: str, method: str, item: Mapping[str, Any]) -> Iterable[Parameter]:
    chosen: dict[tuple[str, str], Parameter] = {}
    for place, owner in ((documents.pointer_of("paths", template), item), (documents.pointer_of("paths", template, method), item[method])):
        for index, node in enumerate(owner.get("parameters") or ()):
            parameter = _parameter(found, schemas.follow(found.data, node), schemas.pointer(node, f"{place}/parameters/{index}"))
            chosen[parameter.where, parameter.name.lower() if parameter.where == "header" else parameter.name] = parameter
    for name in (part.split("}", 1)[0] for part in template.split("{")[1:]):
        chosen.setdefault(("path", name), Parameter(name, "path", True, {"type": "string"}, "", "string"))
    return chosen.values()


def _parameter(found: Bundle, node: Mapping[str, Any], pointer: str) -> Parameter:
    for word in ("name", "in"):
        if not isinstance(node.get(word), str):
            raise ContractError(*found.place(pointer), f"A parameter needs '{word}'.")
    content = node.get("content")
    schema, at = node.get("schema", {}), f"{pointer}/schema"
    if content:
        media = next(iter(content))
        schema, at = (content[media] or {}).get("schema", {}), pointer + documents.pointer_of("content", media, "schema")
    where, style = node["in"], node.get("style") or ("form" if node["in"] in ("query", "cookie") else "simple")
    kind = "json" if content else schemas.type_of(found.data, schema) or "string"
    required = bool(node.get("required")) or where == "path"
    return Parameter(node["name"], where, required, schema, schemas.pointer(schema, at), kind, bool(node.get("explode", style == "form")), style)


def _bodies(document: Mapping[str, Any], node: Mapping[str, Any], pointer: str) -> tuple[Mapping[str, Media], bool]:
    raw = node.get("requestBody")
    body = schemas.follow(document, raw) if raw else None
    if not isinstance(body, dict):
        return {}, False
    place = schemas.pointer(raw, f"{pointer}/requestBody")
    return _media(document, body.get("content"), f"{place}/content"), bool(body.get("required"))


def _media(document: Mapping[str, Any], content: Any, pointer: str) -> dict[str, Media]:
    result = {}
    for name, node in (content or {}).items():
        schema = node.get("schema") if isinstance(node, dict) else None
        at = schemas.pointer(schema, pointer + documents.pointer_of(name, "schema")) if schema is not None else None
        result[name] = Media(name, schema, at, _examples(document, node or {}))
    return result


def _examples(document: Mapping[str, Any], node: Mapping[str, Any]) -> dict[str, Any]:
    if "example" in node:
        return {"default": node["example"]}
    named = {name: schemas.follow(document, item) for name, item in (node.get("examples") or {}).items()} if isinstance(node.get("examples"), dict) else {}
    if named:
        return {name: item["value"] for name, item in named.items() if isinstance(item, dict) and "value" in item}
    schema = schemas.follow(document, node.get("schema") or {})
    if isinstance(schema, dict) and "example" in schema:
        return {"default": schema["example"]}
    if isinstance(schema, dict) and isinstance(schema.get("examples"), list) and schema["examples"]:
        return {"default": schema["examples"][0]}
    return {}


def _responses(document: Mapping[str, Any], node: Mapping[str, Any], pointer: str) -> dict[str, Response]:
    result = {}
    for status, raw in (node.get("responses") or {}).items():
        found = schemas.follow(document, raw)
        if not isinstance(found, dict):
            continue
        place = schemas.pointer(raw, pointer + documents.pointer_of("responses", str(status)))
        headers = {name: schemas.follow(document, header) for name, header in (found.get("headers") or {}).items()}
        media = _media(document, found.get("content"), f"{place}/content")
        result[str(status)] = Response(str(status), str(found.get("description", "")), media, headers, place)
    return result


def _security(document: Mapping[str, Any], node: Mapping[str, Any]) -> tuple[tuple[Security, ...], bool]:
    """The ways to sign in that an operation takes, and whether it may be called without."""
    wanted = node.get("security", document.get("security")) or []
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    found = tuple(dict.fromkeys(_scheme(document, name, schemes.get(name)) for option in wanted if isinstance(option, dict) for name in option))
    return found, not found or any(option == {} for option in wanted)


def _scheme(document: Mapping[str, Any], name: str, node: Any) -> Security:
    scheme = schemas.follow(document, node) or {}
    kind = scheme.get("type")
    if kind == "apiKey":
        return Security(name, str(scheme.get("in", "header")), str(scheme.get("name", name)))
    if kind == "http" and str(scheme.get("scheme", "")).lower() == "basic":
        return Security(name, "basic", "Authorization")
    return Security(name, "bearer", "Authorization")
