"""The text of `handlers.d.ts`: types of a contract's schemas, operations and messages, and of what the handlers export."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from understudy.contract.model import Channel, Contract, Media, Operation, Parameter, Response
from understudy.contract.schemas import is_json
from understudy.export.api import API, NAMES
from understudy.export.components import Component, Components
from understudy.export.names import claim, operation_keys, operation_names, quoted, word
from understudy.export.typescript import Writer, comment, indented

__all__ = ["declarations", "fixture_declarations"]

IMPORTS = "import type { HttpHandler, HttpResponseResolver, WebSocketHandler } from 'msw';\n"
WHERE = ("path", "query", "header", "cookie")
Declare = Callable[[Any, bool], str]  # a schema of one document, whether it is sent -> its type


def declarations(contract: Contract) -> str:
    """The declarations of a contract's handlers."""
    components = Components(contract, {*NAMES, *operation_names(contract).values()})
    parts = [_names(contract), *_operations(contract, components), *_channels(contract, components)]
    return "\n".join(
        [f"/** {_title(contract)}: types of its schemas, operations and messages. */\n{IMPORTS}", *_schemas(components), *parts, API, *_exports(contract)]
    )


def fixture_declarations(contract: Contract, found: Mapping[str, Iterable[str]]) -> str:
    """The declarations of a module of bodies. found: name of the operation's export -> the keys of its bodies, a status and maybe an example's name."""
    components = Components(contract, operation_names(contract).values())
    constants = [_constant(name, found[name], item, components) for name, item in _exported(contract) if found.get(name)]
    return "\n".join([f"/** {_title(contract)}: what each operation answers, by status. */", *_schemas(components), *constants])


def _constant(name: str, keys: Iterable[str], operation: Operation, components: Components) -> str:
    declare = _writer(components, operation.service, operation.bundle).type
    bodies = ((key, operation.responses[key.partition(".")[0]]) for key in keys)
    members = (f"{_key(key)}: {' | '.join(_body_types(response, declare))}" for key, response in bodies)
    return f"export declare const {name}: {_braced(members)};\n"


def _exported(contract: Contract) -> Iterator[tuple[str, Operation]]:
    """The operations with the name under which each is exported."""
    names = operation_names(contract)
    return ((names[item.service, item.id], item) for item in contract.operations)


def _title(contract: Contract) -> str:
    return " ".join(contract.title.split()).replace("*/", "*\\/")


def _key(status: str) -> str:
    return status if status.isdigit() else word(status)


def _body_types(response: Response, declare: Declare) -> list[str]:
    return list(dict.fromkeys(_media(media, declare, False) for media in response.media.values())) or ["null"]


def _writer(components: Components, service: str, bundle: Any) -> Writer:
    return Writer(components.names_of(service, bundle))


def _schemas(components: Components) -> Iterator[str]:
    """All named schemas; writing one may add more."""
    for component in components.all:
        yield _schema(components, component, component.name, False)
        if component.sent != component.name:
            yield f"/** {component.name} as clients send it. */\n" + _schema(components, component, component.sent, True, described=False)


def _schema(components: Components, component: Component, name: str, sent: bool, described: bool = True) -> str:
    writer = _writer(components, component.service, component.bundle)
    note = comment(component.node) if described else ""
    if writer.is_interface(component.node):
        return f"{note}export interface {name} {writer.object(component.node, sent, wide=True)}\n"
    return f"{note}export type {name} = {writer.type(component.node, sent)};\n"


def _names(contract: Contract) -> str:
    services = (service.name for service in contract.services)
    return "".join(
        f"export type {name} = {' | '.join(map(quoted, words)) or 'never'};\n"
        for name, words in (("Service", services), ("Scenario", contract.scenarios), ("Switch", contract.settings.get("switches") or ()))
    )


def _block(name: str, members: Iterable[tuple[str, str]], note: str = "") -> str:
    """An interface of members that have a comment each."""
    return f"{note}export interface {name} {{\n" + "".join(f"{indented(said + text)};\n" for said, text in members) + "}\n"


def _braced(members: Iterable[str]) -> str:
    inside = "".join(f"{indented(text)};\n" for text in members)
    return f"{{\n{inside}}}" if inside else "{}"


def _operations(contract: Contract, components: Components) -> Iterator[str]:
    members = []
    for key, item in operation_keys(contract):
        declare = _writer(components, item.service, item.bundle).type
        note = comment({"description": f"{item.method} {item.path}" + (f": {item.summary}" if item.summary else "")})
        members.append((note, f"{word(key)}: {_operation(item, declare)}"))
    yield _block("Operations", members, "/** By operationId: what a request carries, and what each status answers. */\n")


def _operation(operation: Operation, declare: Declare) -> str:
    body = _bodies(operation.bodies, declare)
    optional = body != "undefined" and not operation.body_required
    return _braced(
        (
            f"parameters: {_braced(text for where in WHERE if (text := _parameters(where, operation.parameters, declare)))}",
            f"body: {body}{' | undefined' if optional else ''}",
            f"responses: {_braced(_responses(operation.responses, declare))}",
        )
    )


def _parameters(where: str, parameters: Iterable[Parameter], declare: Declare) -> str:
    """The parameters of one place as a member. Where there are none it is left out, but for the path: what is made of it needs one."""
    found = [item for item in parameters if item.where == where]
    members = [f"{word(item.name)}{'' if item.required else '?'}: {declare(item.schema, True)}" for item in found]
    always = where == "path" or any(item.required for item in found)
    return f"{where}{'' if always else '?'}: {_braced(members)}" if found or where == "path" else ""


def _bodies(bodies: Mapping[str, Media], declare: Declare) -> str:
    return " | ".join(dict.fromkeys(_media(media, declare, True) for media in bodies.values())) or "undefined"


def _media(media: Media, declare: Declare, sent: bool) -> str:
    if media.schema is not None and media.schema != {}:
        return declare(media.schema, sent)
    if is_json(media.type):
        return "unknown"
    return "string" if media.type.startswith("text/") else "Blob"


def _responses(responses: Mapping[str, Response], declare: Declare) -> Iterator[str]:
    """A status and its body, null where it has none."""
    for status, response in responses.items():
        yield f"{comment({'description': response.description})}{_key(status)}: {' | '.join(_body_types(response, declare))}"


def _channels(contract: Contract, components: Components) -> Iterator[str]:
    taken: set[str] = set()
    server: dict[str, dict[str, None]] = {}
    client: dict[str, dict[str, None]] = {}
    members = []
    for channel in contract.channels:
        declare = _writer(components, channel.service, channel.bundle).type
        down = {name: declare(_schema_of(push.message.schema), False) for name, push in channel.sends.items()}
        up = {name: _payload(declare(_schema_of(item.message.schema), True)) for name, item in channel.receives.items()}
        _merge(server, down)
        _merge(client, up)
        key = claim((channel.id, f"{channel.service}.{channel.id}"), taken)
        members.append((comment({"description": _address(channel)}), f"{word(key)}: {_channel(channel, declare, down, up)}"))
    yield _block("Channels", members, "/** By channel: what clients get, what they send, and what that is answered with. */\n")
    yield _block("Messages", _listed(server), "/** What clients are sent, by the message's name. */\n")
    yield _block("ClientMessages", _listed(client), "/** What clients send, by the message's name. */\n")


def _schema_of(schema: Any) -> Any:
    return True if schema is None else schema


def _payload(text: str) -> str:
    """A payload that may be null may be left out."""
    return f"{text} | undefined" if "null" in text.split(" | ") else text


def _address(channel: Channel) -> str:
    return f"{'WebSocket' if channel.raw else 'Socket.IO'} {channel.address}"


def _channel(channel: Channel, declare: Declare, down: Mapping[str, str], up: Mapping[str, str]) -> str:
    replies = {name: declare(_schema_of(item.reply.schema), False) for name, item in channel.receives.items() if item.reply is not None}
    texts = (
        f"{name}: {_braced(f'{word(key)}: {text}' for key, text in items.items())}" for name, items in (("server", down), ("client", up), ("replies", replies))
    )
    return _braced(texts)


def _merge(into: dict[str, dict[str, None]], found: Mapping[str, str]) -> None:
    for name, text in found.items():
        into.setdefault(name, {})[text] = None


def _listed(messages: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    return (("", f"{word(name)}: {' | '.join(texts)}") for name, texts in messages.items())


def _exports(contract: Contract) -> Iterator[str]:
    keys = {(item.service, item.id): key for key, item in reversed(operation_keys(contract))}
    yield "".join(f"export declare const {name}: Operation<{quoted(keys[place])}>;\n" for place, name in operation_names(contract).items())
