"""Fields, parameters, states, messages and operations that declarations name are there."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from understudy.contract import schemas
from understudy.contract.channels import wrong_refusals
from understudy.contract.errors import suggest
from understudy.contract.model import Collection, Contract, Operation
from understudy.contract.rules.fault import at, in_file
from understudy.contract.rules.sources import Sheet, Source

__all__ = ["check"]

Wrong = Iterator[tuple[str, str]]  # pointer in x-behavior, sentence
NEED_STATES = frozenset({"transition"})
NEED_COLLECTION = frozenset({"list", "read", "create", "update", "delete", "transition"})


def check(source: Source) -> None:
    """Reports the names in x-behavior and backend.yaml that lead nowhere."""
    assert source.contract is not None
    contract, messages = source.contract, _messages(source)
    ids = {str(node.get("operationId", named)) for sheet in source.sheets for named, _, node in sheet.operations()}
    for sheet in source.sheets:
        for named, pointer, node in sheet.behaviors():
            words = node.get("x-behavior") or {}
            operation = next((item for item in contract.operations if item.pointer == pointer and item.bundle.file == sheet.bundle.file), None)
            found = [*_operation(contract, words, operation), *_elsewhere(contract, words, messages, ids)]
            found += _query(words, operation) if operation else []
            source.faults += [_said(sheet, named, pointer, inner, what) for inner, what in found]
        for name, pointer, node in sheet.own("schemas"):
            made = contract.collections.get((node.get("x-behavior") or {}).get("collection", ""))
            if made and made.declared:
                source.faults += [_said(sheet, name, pointer, inner, what) for inner, what in _schema(contract, made)]
    for channel in contract.channels:
        for operation, what in wrong_refusals(channel):
            source.faults.append(at(channel.bundle, f"{operation.pointer}/x-behavior/refused/message", f"{operation.id}: x-behavior.refused.message: {what}"))
    if source.backend:
        source.faults += [in_file(source.file, pointer, what) for pointer, what in _settings(contract)]


def _said(sheet: Sheet, named: str, pointer: str, inner: str, what: str) -> Any:
    return at(sheet.bundle, f"{pointer}/x-behavior/{inner}", f"{named}: x-behavior.{inner.replace('/', '.')}: {what}")


def _messages(source: Source) -> set[str]:
    """The names of all messages of the backend's AsyncAPI documents."""
    found = set()
    for sheet in source.of_kind("asyncapi"):
        for name, node in ((sheet.data.get("components") or {}).get("messages") or {}).items():
            found.add(str(node.get("name", name)) if isinstance(node, dict) else name)
        for channel in (sheet.data.get("channels") or {}).values():
            for name, node in ((channel.get("messages") if isinstance(channel, dict) else None) or {}).items():
                found |= {str(node.get("name", name))} if isinstance(node, dict) and "$ref" not in node else set()
    return found


def _fields(pointer: str, names: Iterable[str], collection: Collection | None, more: Iterable[str] = ()) -> Wrong:
    """Names that are no stored fields of a collection; a row without a schema of its own may have any."""
    if collection is None or not collection.properties:
        return
    valid = collection.stored | set(more)
    for name in names:
        if name not in valid:
            computed = " It is computed, not stored." if name in collection.virtual else ""
            yield pointer, f"'{name}' is no field of {collection.name}.{computed or suggest(name, valid)}"


def _sorted(sort: Any) -> list[str]:
    return [name.lstrip("-") for name in ([sort] if isinstance(sort, str) else sort or ())]


def _operation(contract: Contract, words: Mapping[str, Any], operation: Operation | None) -> Wrong:
    """What an operation says about its own collection."""
    auth = contract.settings.get("auth") or {}
    name = words.get("collection") or (auth.get("collection") if words.get("do") in ("login", "register", "me", "refresh", "logout") else None)
    own = contract.collections.get(name or "")
    do = words.get("do", "")
    if do in NEED_COLLECTION and own is None and not auth:
        yield "do", f"'{do}' needs a collection."
    yield from _fields("owner", [words["owner"]] if "owner" in words else [], own)
    yield from _fields("sort", _sorted(words.get("sort")), own if do != "aggregate" else None)
    yield from _fields("scope", words.get("scope") or {}, own)
    yield from _fields("set", words.get("set") or {}, own)
    yield from _fields("accepts", words.get("accepts") or (), own, own.children if own else ())
    filters = words.get("filters")
    yield from _fields("filters", filters if isinstance(filters, list) else (), own)
    for parameter, fields in (words.get("search") or {}).items():
        yield from _fields(f"search/{parameter}", fields, own)
    yield from _not_sent(words, operation, own)
    yield from _moves(own, words)
    group = words.get("group") or {}
    made = {*(group.get("by") or ()), *(group.get("fields") or ())}
    yield from (("group/sort", f"'{item}' is no field of the group.{suggest(item, made)}") for item in _sorted(group.get("sort")) if item not in made)


def _not_sent(words: Mapping[str, Any], operation: Operation | None, own: Collection | None) -> Wrong:
    """Accepted fields that the body's schema does not have."""
    bodies = operation.bodies.values() if operation else ()
    given = {name for media in bodies for name in schemas.properties(operation.bundle.data, media.schema or {})} if operation else set()
    for index, name in enumerate(words.get("accepts") or ()):
        if given and name not in given and own and name in own.stored:
            yield f"accepts/{index}", f"'{name}' is no field of the body.{suggest(name, given)}"


def _moves(own: Collection | None, words: Mapping[str, Any]) -> Wrong:
    """The states that a transition, or a later one, leads to."""
    places = [("to", words.get("to"))] + [(f"after/{index}/to", item.get("to")) for index, item in enumerate(words.get("after") or ())]
    if words.get("do") in NEED_STATES and ("to" not in words or own is None or own.states is None):
        yield "do", "a transition needs 'to' and a collection with declared states."
        return
    for pointer, to in places:
        if to is not None and (own is None or own.states is None):
            yield pointer, "'to' needs a collection with declared states."
        elif to is not None and own and own.states and not to.startswith("("):
            valid = {*own.states.moves, *(state for moves in own.states.moves.values() for state in moves)}
            if to not in valid:
                yield pointer, f"'{to}' is no state of {own.name}.{suggest(to, valid)}"


def _query(words: Mapping[str, Any], operation: Operation) -> Wrong:
    """Parameters and headers that the operation does not document."""
    query = {item.name for item in operation.parameters if item.where == "query"}
    for word in ("filters", "search"):
        for name in words.get(word) or ():
            if name not in query:
                yield f"{word}/{name}" if isinstance(words[word], dict) else word, f"'{name}' is no query parameter of the operation.{suggest(name, query)}"
    headers = {item.name.lower(): item.name for item in operation.parameters if item.where == "header"}
    header = words.get("idempotency")
    if header and header.lower() not in headers:
        yield "idempotency", f"'{header}' is no header parameter of the operation.{suggest(header, headers.values())}"
    last = operation.path_names
    if words.get("do") in ("read", "update", "delete", "transition", "take", "give") and "key" not in words and not last and not words.get("many"):
        yield "do", "there is no path parameter, so the key must be said."


def _elsewhere(contract: Contract, words: Mapping[str, Any], messages: set[str], ids: set[str]) -> Wrong:
    """What an operation says about other collections, messages, operations and roles."""
    for before, layer in _layers(words):
        yield from _targets(contract, layer, before)
    for pointer, message in _emitted(words):
        if message not in messages:
            yield pointer, f"'{message}' is no message of the backend's AsyncAPI documents.{suggest(message, messages)}"
    yield from _about(contract, words)
    undone = words.get("conserves") or ()
    for name in [undone] if isinstance(undone, str) else undone:
        if name not in ids:
            yield "conserves", f"'{name}' is no operation.{suggest(name, ids)}"
    yield from _of(contract, words)
    members = words.get("members") or {}
    for word, roles, valid in (
        ("roles", words.get("roles"), _roles(contract)),
        ("members/roles", members.get("roles"), _member_roles(contract, members.get("of", ""))),
    ):
        yield from ((word, f"'{role}' is no role.{suggest(role, valid)}") for role in roles or () if valid and role not in valid)
    switch, switches = (words.get("rate") or {}).get("switch"), contract.settings.get("switches") or {}
    if switch and switch not in switches:
        yield "rate/switch", f"'{switch}' is no switch of backend.yaml.{suggest(switch, switches)}"


def _layers(words: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Where effects stand: in the operation itself, in what comes later, and in what closing does. Pointer before them, words."""
    later = [(f"after/{index}/", item) for index, item in enumerate(words.get("after") or ())]
    return [("", words), *later, *([("closes/", words["closes"])] if "closes" in words else [])]


def _emitted(words: Mapping[str, Any]) -> Wrong:
    for before, layer in _layers(words):
        yield from ((f"{before}emit/{index}/message", item["message"]) for index, item in enumerate(layer.get("emit") or ()))


def _about(contract: Contract, words: Mapping[str, Any]) -> Wrong:
    """A message without data of its own is made of the operation's row, so its send operation is about that collection."""
    pushes = {push.message.name: push.words for channel in contract.channels for push in channel.sends.values() if push.words}
    for before, layer in _layers(words):
        for index, item in enumerate(layer.get("emit") or ()):
            collection = pushes.get(item["message"], {}).get("collection")
            if collection is not None and "of" not in item and "data" not in item and collection != words.get("collection"):
                what = f"'{item['message']}' is about a row of {collection}, and the operation's is one of {words.get('collection') or 'no collection'}."
                yield f"{before}emit/{index}", f"{what} Say which with 'of'."


def _targets(contract: Contract, words: Mapping[str, Any], before: str) -> Wrong:
    """creates, updates, removes, with and spends: their collections and fields."""
    for word in ("creates", "updates", "removes"):
        for index, item in enumerate(words.get(word) or ()):
            yield from _known(contract, f"{before}{word}/{index}/collection", item["collection"])
            target = contract.collections.get(item["collection"])
            yield from _fields(f"{before}{word}/{index}/set", item.get("set") or {}, target, target.children if target else ())
    for name, item in (words.get("with") or {}).items():
        yield from _known(contract, f"{before}with/{name}/collection", item["collection"])
    spends = words.get("spends")
    if spends:
        yield from _known(contract, "spends/collection", spends["collection"])
        for word in ("used", "expires"):
            yield from _fields(f"spends/{word}", [spends[word]] if word in spends else [], contract.collections.get(spends["collection"]))


def _known(contract: Contract, pointer: str, name: str) -> Wrong:
    if name not in contract.collections:
        yield pointer, f"'{name}' is no collection.{suggest(name, contract.collections)}"


def _of(contract: Contract, words: Mapping[str, Any]) -> Wrong:
    """take and give need a capacity, members need declared members."""
    able = [name for name, item in contract.collections.items() if item.capacity]
    for before, layer in _layers(words):
        for word in ("take", "give"):
            for move in layer.get(word) or () if isinstance(layer.get(word), list) else [layer[word]] if word in layer else ():
                if move["of"] not in able:
                    yield f"{before}{word}/of", f"'{move['of']}' is no collection with declared capacity.{suggest(move['of'], able)}"
    with_members = [name for name, item in contract.collections.items() if item.members]
    of = (words.get("members") or {}).get("of")
    if of is not None and of not in with_members:
        yield "members/of", f"'{of}' is no collection with declared members.{suggest(of, with_members)}"


def _enum(collection: Collection | None, field: str | None) -> set[str]:
    """The texts that a field's schema admits, if it lists them."""
    document: Mapping[str, Any] = collection.bundle.data if collection else {}
    node = schemas.follow(document, collection.properties.get(field or "", {})) if collection else {}
    parts = [node, *(schemas.follow(document, part) for word in ("allOf", "anyOf", "oneOf") for part in node.get(word) or ())] if isinstance(node, dict) else []
    values = [item for part in parts if isinstance(part, dict) for item in part.get("enum") or ([part["const"]] if "const" in part else ())]
    return {str(item) for item in values if item is not None}


def _roles(contract: Contract) -> set[str]:
    auth = contract.settings.get("auth") or {}
    return _enum(contract.collections.get(auth.get("collection", "")), auth.get("role", "role"))


def _member_roles(contract: Contract, of: str) -> set[str]:
    collection = contract.collections.get(of)
    members = collection.members if collection else None
    if collection is None or members is None or members.role is None:
        return set()
    found = _enum(contract.collections.get(members.collection), members.role) if members.collection else _listed(collection, members.list or "", members.role)
    return found | {"owner"} if found and members.owner else found


def _listed(collection: Collection, field: str, role: str) -> set[str]:
    """The roles that the items of a list of members may have."""
    document = collection.bundle.data
    node = schemas.follow(document, collection.properties.get(field, {}))
    item = schemas.properties(document, node.get("items") or {}) if isinstance(node, dict) else {}
    found = schemas.follow(document, item.get(role, {}))
    return {str(value) for value in found.get("enum") or ()} if isinstance(found, dict) else set()


def _schema(contract: Contract, own: Collection) -> Wrong:
    """What a collection's schema says about its own fields and those of others."""
    there = {*own.properties, *own.unshown, own.key} if own.properties else own.stored
    stamps = [("timestamps/created", own.created), ("timestamps/updated", own.updated), ("members/owner", own.members.owner if own.members else None)]
    for pointer, name in [*stamps, *((f"refs/{name}", name) for name in own.refs)]:
        if name is not None and name not in there:
            yield pointer, f"'{name}' is no property of the schema, and not among its secret or internal fields.{suggest(name, there)}"
    for name, child in own.children.items():
        target = contract.collections.get(child.collection)
        yield from _fields(f"children/{name}/by", [child.by], target)
        yield from _fields(f"children/{name}/sort", _sorted(list(child.sort)), target)
    if own.members and own.members.collection:
        named = [name for name in (own.members.by, own.members.user, own.members.role) if name]
        yield from _fields("members", named, contract.collections.get(own.members.collection))
    if own.capacity and own.capacity.holds:
        holds = own.capacity.holds
        named = [holds.by, holds.user, holds.quantity, holds.expires, *([holds.socket] if holds.socket else [])]
        yield from _fields("capacity/holds", named, contract.collections.get(holds.collection))
        yield from _announced(contract, own, holds.announce)
    yield from _states(own)


def _announced(contract: Contract, own: Collection, message: str | None) -> Wrong:
    """The message of a lock's end has a send operation that says how it is made of the row that was held."""
    pushes = {push.message.name: push.words for channel in contract.channels for push in channel.sends.values() if push.words}
    if message is not None and pushes.get(message, {}).get("collection") != own.name:
        valid = [name for name, words in pushes.items() if words.get("collection") == own.name]
        yield "capacity/holds/announce", f"'{message}' is no message whose send operation says that it is about {own.name}.{suggest(message, valid)}"


def _states(own: Collection) -> Wrong:
    if own.states is None:
        return
    enum = _enum(own, own.states.field)
    for state, moves in own.states.moves.items():
        for name in (state, *moves):
            if enum and name not in enum:
                yield f"states/moves/{state}", f"'{name}' is no value of {own.states.field}.{suggest(name, enum)}"
    valid = {*own.states.moves, *enum}
    if own.states.initial is not None and own.states.initial not in valid:
        yield "states/initial", f"'{own.states.initial}' is no state.{suggest(own.states.initial, valid)}"


def _settings(contract: Contract) -> Wrong:
    """The collections and fields that backend.yaml names."""
    auth, known = contract.settings.get("auth") or {}, contract.collections
    name = str(auth.get("collection", ""))
    if name and name not in known:
        yield "/auth/collection", f"auth.collection: '{name}' is no collection.{suggest(name, known)}"
    for word in ("login", "role", "stored"):
        value = auth.get(word)
        yield from _told(f"auth.{word}", _fields(f"/auth/{word}", [value] if isinstance(value, str) else value or (), known.get(name)))
    yield from _told("auth.visited", _fields("/auth/visited", auth.get("visited") or (), known.get(name)))
    for index, account in enumerate(contract.settings.get("accounts") or ()):
        yield from _told("accounts", _fields(f"/accounts/{index}", [field for field in account if field not in ("password", "note")], known.get(name)))
    for collection, seed in (contract.settings.get("seed") or {}).items():
        if collection not in known:
            yield f"/seed/{collection}", f"seed: '{collection}' is no collection.{suggest(collection, known)}"
        elif isinstance(seed, dict):
            target = known[collection]
            each = seed.get("each") or {}
            yield from _told(f"seed.{collection}.each", _fields(f"/seed/{collection}/each", [each["by"]] if each else [], target))
            for index, row in enumerate(seed.get("rows") or ()):
                yield from _told(f"seed.{collection}", _fields(f"/seed/{collection}/rows/{index}", row, target, target.children))


def _told(where: str, wrong: Wrong) -> Wrong:
    return ((pointer, f"{where}: {what}") for pointer, what in wrong)
