"""The messages of a channel as cards: what a client sends and what it may be sent."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from mock_server.pages import payloads as payloads
from mock_server.pages.deliveries import ALONE, ERROR, EVERYONE, Delivery, emitted
from mock_server.pages.markup import Markup, join, prose, tag
from understudy.contract import documents, schemas
from understudy.contract.model import Channel, Message, Push, Receiver

Fact = tuple[str, Any]
ROW_VERBS = frozenset({"read", "update", "delete", "transition", "take", "give"})


def received(channel: Channel, receiver: Receiver) -> Markup:
    """The card of a message that clients send."""
    node = _operation(channel, receiver.operation.pointer)
    name, button = receiver.message.name, tag("button", "Try it", type="button", data_try=receiver.message.name)
    facts = [*_about(receiver.operation.behavior.words), ("Answer", _answer(channel, receiver)), ("Refused", _refused(channel, receiver))]
    told = list(dict.fromkeys(str(item["message"]) for item in emitted(receiver.operation.behavior.words)))
    facts += [("Then sent", join(*(sent_link(channel, item) for item in told), by=", "))] if told else []
    return _card(channel, receiver.message, anchor(channel, "receives", name), node, facts, "", button)


def sent(channel: Channel, push: Push, delivery: Delivery) -> Markup:
    """The card of a message that clients are sent."""
    reply = any(receiver.operation.pointer == push.pointer for receiver in channel.receives.values())
    facts = [*_about(delivery.words), ("To", _to(delivery))]
    facts += [("Sent after", join(*map(prose, delivery.occasions), by="; "))] if delivery.occasions else []
    node = {} if reply else _operation(channel, push.pointer)
    return _card(channel, push.message, anchor(channel, "sends", push.message.name), node, facts, next((f"after {item}" for item in delivery.occasions), ""))


def anchor(channel: Channel, way: str, name: str) -> str:
    """The id of a card on the page."""
    return f"{channel.id}-{way}-{name}"


def sent_link(channel: Channel, name: str) -> Markup:
    """A message's name, which leads to its card where the channel sends it."""
    return tag("a", tag("code", name), href=f"#{quote(anchor(channel, 'sends', name))}") if name in channel.sends else tag("code", name)


def facts_list(facts: Iterable[Fact]) -> Markup:
    """Facts with their names."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in facts if value is not None), class_="facts")


def template(value: Any) -> str:
    """What x-behavior says of a payload: its strings are expressions."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {template(item)}' for name, item in value.items())}}}"
    return value if isinstance(value, str) else payloads.text(value)


def provenance(node: Mapping[str, Any]) -> Markup | None:
    """Where something comes from: lines of a guide, and what was inferred."""
    told = list(_provenance(node))
    return tag("p", join(*told, by=" · "), class_="source") if told else None


def _provenance(node: Mapping[str, Any]) -> Iterator[str]:
    guide, why = node.get("x-guide"), node.get("x-inferred")
    if isinstance(guide, dict):
        lines = guide.get("lines")
        first, last = (lines[0], lines[-1]) if isinstance(lines, list) and lines else ("?", "?")
        where = f"line {first}" if first == last else f"lines {first} to {last}"
        yield f"{guide.get('file', '')}, {where}: {guide.get('says', '')}"
    if why:
        yield f"inferred: {why}"


def _card(
    channel: Channel, message: Message, identity: str, node: Mapping[str, Any], facts: Iterable[Fact], fallback: str, button: Markup | None = None
) -> Markup:
    own = _message(channel, message)
    said = [str(item) for item in (message.title, node.get("summary"), node.get("description"), own.get("summary"), own.get("description")) if item]
    lead, *more = dict.fromkeys(said) or [fallback]
    operation = [("Operation", tag("code", node["id"]))] if "id" in node else []
    body = [
        *(tag("p", prose(text)) for text in more), provenance(node), facts_list([*operation, *facts]),
        tag("h4", "Payload"), provenance(own), payloads.table(channel.bundle.data, message.schema), *_examples(own, message), button,
    ]  # fmt: skip
    summary = tag("summary", tag("code", message.name), " ", tag("span", prose(lead), class_="dim"))
    return tag("details", summary, tag("div", *body), id=identity, class_="message")


def _examples(own: Mapping[str, Any], message: Message) -> Iterator[Markup]:
    declared = own.get("examples") if isinstance(own.get("examples"), list) else []
    names = [str(item.get("name") or "") for item in declared or () if isinstance(item, dict) and "payload" in item]
    if message.examples:
        yield tag("h4", "Examples" if len(message.examples) > 1 else "Example")
    for index, example in enumerate(message.examples):
        name = names[index] if index < len(names) and len(message.examples) > 1 else ""
        yield tag("figure", tag("figcaption", name) if name else None, tag("pre", tag("code", payloads.pretty(example)), tabindex="0"))


def _operation(channel: Channel, pointer: str) -> Mapping[str, Any]:
    """An operation of the document, with its id."""
    name = documents.pointer_parts(pointer)[-1]
    node = _map(channel.bundle.data.get("operations")).get(name)
    return {**_map(schemas.follow(channel.bundle.data, node)), "id": name}


def _message(channel: Channel, message: Message) -> Mapping[str, Any]:
    """A message of the document."""
    node = _map(_map(channel.bundle.data.get("channels")).get(channel.id))
    for key, item in _map(node.get("messages")).items():
        found = _map(schemas.follow(channel.bundle.data, item))
        if (found.get("name") or key) == message.name:
            return found
    return {}


def _map(node: Any) -> Mapping[str, Any]:
    return node if isinstance(node, dict) else {}


def _about(words: Mapping[str, Any]) -> Iterator[Fact]:
    """What a message is about, and what the sender joins."""
    if "collection" in words:
        yield "About", join("a row of ", tag("code", words["collection"]))
    if "do" in words and "room" in words:
        yield "Joins", tag("code", words["room"])


def _answer(channel: Channel, receiver: Receiver) -> Markup | None:
    if receiver.reply is None:
        return None
    if not receiver.ack:
        return join(sent_link(channel, receiver.reply.name), " as a frame of its own" if channel.raw else " as an event")
    name = [" ", tag("code", receiver.reply.name)] if receiver.reply.name else []
    return join("an acknowledgement", *name, payloads.table(channel.bundle.data, receiver.reply.schema))


def _to(delivery: Delivery) -> Markup:
    rooms = [join("room ", tag("code", room)) for room in delivery.rooms]
    others = [ALONE] * delivery.alone + [EVERYONE] * (delivery.public and not rooms)
    return join(*rooms, *others, by=", ") if rooms or others else Markup("nobody yet")


def _refused(channel: Channel, receiver: Receiver) -> Markup:
    """How a refusal is told, and for what."""
    words = receiver.operation.behavior.words
    told = words.get("refused") or channel.opening.behavior.get("refused")
    silent = bool(told) and "detail" not in template(told["data"])
    reasons = [tag("li", when, f": {why}" if why and not silent else None) for when, why in _reasons(words)]
    return join(refusal(channel, told) or "without a word", tag("ul", *reasons, class_="reasons") if reasons else None)


def refusal(channel: Channel, told: Mapping[str, Any] | None) -> Markup | None:
    """The message that a refusal is told with: the declared one, else one that is called `error`; None if there is none."""
    if told:
        return join("with ", sent_link(channel, told["message"]), " ", tag("code", template(told["data"])))
    return join("with ", sent_link(channel, ERROR)) if ERROR in channel.sends else None


def _reasons(words: Mapping[str, Any]) -> Iterator[tuple[Markup, str]]:
    """What is refused besides a payload that breaks its schema: when, and what is said."""
    for item in (*(words.get("requires") or ()), *(words.get("unless") or ())):
        yield tag("code", item["when"]), str(item["say"])
    if "allow" in words:
        yield tag("code", f"not ({words['allow']})"), ""
    needed = [word for word in (words.get("with") or {}).values() if not word.get("optional")]
    rows = [words] if "collection" in words and "key" in words and words.get("do") in ROW_VERBS else []
    for word in (*needed, *rows):
        yield missing(word), str(word.get("say") or "")
    if "members" in words:
        yield join("no member of ", tag("code", words["members"]["of"]), " ", tag("code", words["members"]["key"])), ""
    if "roles" in words:
        yield join("none of the roles ", tag("code", ", ".join(map(str, words["roles"])))), ""


def missing(word: Mapping[str, Any]) -> Markup:
    """That a row which is needed is not there."""
    key = [", key ", tag("code", word["key"])] if "key" in word else []
    return join("no row of ", tag("code", word["collection"]), *key)
