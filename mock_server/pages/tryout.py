"""The form by which a channel is tried out on its page; `static/realtime.js` brings it to life.

Its fields have no `name`: one that a document calls `dataset` would hide the form's own property from the script.
"""

from mock_server.pages import connection as connection
from mock_server.pages import payloads as payloads
from mock_server.pages.markup import Markup, tag
from mock_server.pages.reached import Here
from understudy.contract.model import Channel, Message

FILLED = ("path", "query", "auth", "protocol")  # a page can't set headers
HINTS = {"protocol": "as a subprotocol", "auth": "in auth", "query": "in the query", "path": "in the path"}


def form(channel: Channel, here: Here) -> Markup:
    """The form of a channel: connect, send, and what went to and fro."""
    if not channel.raw and "websocket" not in channel.socketio["transports"]:
        return tag(
            "p", "This page speaks WebSocket alone, and the server takes only ", tag("code", ", ".join(channel.socketio["transports"])), ".", class_="dim"
        )
    parts = [tag("noscript", tag("p", "This needs JavaScript.")), _opening(channel), _sending(channel) if channel.receives else None, _log()]
    return tag(
        "form", tag("h3", "Try it"), *parts,
        class_="try", autocomplete="off", data_kind="raw" if channel.raw else "socketio", data_url=connection.url(channel, here),
        data_namespace=None if channel.raw else connection.namespace(channel), aria_label=f"Try {channel.address}",
    )  # fmt: skip


def _opening(channel: Channel) -> Markup:
    shown = [item for item in connection.fields(channel) if item.where in FILLED]
    buttons = [tag("button", "Connect", type="submit", class_="main"), tag("button", "Disconnect", type="button", data_do="close", disabled=True)]
    return tag("fieldset", tag("legend", "Connection"), *map(_field, shown), tag("p", *buttons, tag("output", "not connected"), class_="buttons"))


def _field(item: connection.Field) -> Markup:
    hint = f"{HINTS[item.where]}{'' if item.required else ', optional'}"
    box = tag(
        "input", type="text", value=item.value, placeholder="access token" if item.token else None, spellcheck="false", title=item.description or None,
        data_name=item.name, data_where=item.where, data_token=item.token, data_number=item.type in ("integer", "number"),
    )  # fmt: skip
    return tag("label", tag("span", tag("code", item.name), " ", tag("span", hint, class_="dim")), box)


def _sending(channel: Channel) -> Markup:
    options = [_option(item.message) for item in channel.receives.values()]
    ack = tag("label", tag("input", type="checkbox"), " ask for an acknowledgement", class_="check")
    return tag(
        "fieldset", tag("legend", "Message"),
        tag("label", tag("span", "Frame" if channel.raw else "Event"), tag("select", *options)),
        tag("label", tag("span", "Text of the frame" if channel.raw else "Data, as JSON"), tag("textarea", "", rows="5", spellcheck="false")),
        None if channel.raw else ack, tag("p", tag("button", "Send", type="button", data_do="send", disabled=True), class_="buttons"),
    )  # fmt: skip


def _option(message: Message) -> Markup:
    example = payloads.pretty(message.examples[0]) if message.examples and message.examples[0] is not None else ""
    return tag("option", message.name, value=message.name, data_example=example)


def _log() -> Markup:
    head = tag("p", tag("strong", "Frames"), tag("button", "Clear", type="button", data_do="clear"), class_="buttons")
    return tag("div", head, tag("ol", "", class_="log", role="log", aria_label="Frames", tabindex="0"))
