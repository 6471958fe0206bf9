"""The page of a service's channels: how to connect, what may be sent, what is heard, and a form to try it. Offline, and made here."""

import hashlib
import re
from functools import cache
from importlib import resources
from urllib.parse import quote

from fastapi import FastAPI, Request, Response

from mock_server.pages import connection as connection
from mock_server.pages import messages as messages
from mock_server.pages.deliveries import Delivery, deliveries
from mock_server.pages.markup import Markup, join, prose, tag
from mock_server.pages.reached import Here, here_of
from mock_server.pages.tryout import form
from understudy.contract import schemas
from understudy.contract.model import Channel, Contract, Service

ASSETS = {"realtime.js": "text/javascript", "realtime.css": "text/css", "realtime.svg": "image/svg+xml"}
PLACES = {
    "query": "in the query as {}", "header": "in the header {}", "bearer": "in the header {}: Bearer …", "cookie": "in the cookie {}",
    "auth": "in Socket.IO's auth object as {}", "protocol": "as the second of two subprotocols, of which the first is jwt",
}  # fmt: skip


def add_realtime_page(app: FastAPI, contract: Contract, service: Service) -> None:
    """Adds /docs/realtime, and what it loads."""
    sent = deliveries(contract)

    @app.get("/docs/realtime", include_in_schema=False)
    async def page(request: Request) -> Response:
        here = here_of(request)
        text = f"<!doctype html>\n{_page(service, here, sent)}\n"
        headers = {"content-security-policy": _policy(here), "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
        return Response(text, media_type="text/html", headers=headers)

    @app.get("/docs/realtime/{name}", include_in_schema=False)
    async def asset(name: str) -> Response:
        if name not in ASSETS:
            return Response("There is no such file.", 404, media_type="text/plain")
        return Response(_asset(name), media_type=ASSETS[name], headers={"cache-control": "max-age=86400", "x-content-type-options": "nosniff"})


@cache
def _asset(name: str) -> bytes:
    return resources.files("mock_server.pages").joinpath("static", name).read_bytes()


def _policy(here: Here) -> str:
    """Own scripts and styles, and connections to this host alone. A host that could not stand in a policy is left to 'self'."""
    sockets = f" ws://{here.host} wss://{here.host}" if re.fullmatch(r"[\w.-]+(:\d+)?", here.host) else ""
    own = "script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return f"default-src 'none'; connect-src 'self'{sockets}; {own}"


def _page(service: Service, here: Here, sent: dict[str, Delivery]) -> Markup:
    title = service.title if service.bundle is None or service.realtime is None else _info(service, "title") or service.title
    head = tag(
        "head", tag("meta", charset="utf-8"), tag("title", title), tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("link", rel="icon", href=_url("realtime.svg", here)), tag("link", rel="stylesheet", href=_url("realtime.css", here)),
        tag("script", src=_url("realtime.js", here), defer=True),
    )  # fmt: skip
    body = tag("body", _header(service, title, here), tag("main", *(_channel(channel, here, sent) for channel in service.channels)))
    return tag("html", head, body, lang="en")


def _url(name: str, here: Here) -> str:
    """Where an asset lies. Its digest stands in it, because browsers keep it for a day."""
    return f"{here.root}/docs/realtime/{name}?{hashlib.blake2b(_asset(name), digest_size=4).hexdigest()}"


def _info(service: Service, word: str) -> str:
    info = service.realtime.data.get("info") if service.realtime else None
    return str(info.get(word) or "") if isinstance(info, dict) else ""


def _header(service: Service, title: str, here: Here) -> Markup:
    links = [tag("a", "REST operations", href=f"{here.root}/docs")] if service.bundle else []
    links += [tag("a", "asyncapi.json", href=f"{here.root}/asyncapi.json")]
    description = _info(service, "description")
    return tag(
        "header", tag("h1", title), tag("p", prose(description)) if description else None, tag("p", *links, class_="links"), *map(_contents, service.channels)
    )


def _contents(channel: Channel) -> Markup:
    """The messages of a channel, each with a link to its card."""
    rows = [
        tag("div", tag("dt", said), tag("dd", *(tag("a", tag("code", name), href=f"#{quote(messages.anchor(channel, way, name))}") for name in names)))
        for said, way, names in (("send", "receives", channel.receives), ("hear", "sends", channel.sends))
        if names
    ]
    return tag("nav", tag("a", tag("code", channel.address), href=f"#{quote(channel.id)}", class_="address"), tag("dl", *rows), aria_label=channel.address)


def _channel(channel: Channel, here: Here, sent: dict[str, Delivery]) -> Markup:
    node = schemas.follow(channel.bundle.data, channel.bundle.data["channels"][channel.id])
    title = "WebSocket" if channel.raw else "Socket.IO namespace"
    said = [str(node[word]) for word in ("title", "summary", "description") if node.get(word)]
    parts = [
        tag("h2", tag("code", channel.address), " ", tag("span", title, class_="dim")),
        *(tag("p", prose(text)) for text in dict.fromkeys(said)), messages.provenance(node), _connecting(channel, here),
    ]  # fmt: skip
    cards = [
        *_cards("Clients send", [messages.received(channel, item) for item in channel.receives.values()]),
        *_cards("Clients are sent", [messages.sent(channel, push, sent[push.message.name]) for push in channel.sends.values()]),
    ]  # fmt: skip
    return tag("section", tag("div", *parts), tag("aside", form(channel, here)), tag("div", *cards), id=channel.id)


def _cards(title: str, cards: list[Markup]) -> list[Markup]:
    return [tag("h3", title, " ", tag("span", len(cards), class_="dim")), *cards] if cards else [tag("p", f"{title} nothing.", class_="dim")]


def _connecting(channel: Channel, here: Here) -> Markup:
    """How to connect: the code, and the facts beside it."""
    button = tag("button", "Copy", type="button", data_do="copy", aria_label="Copy the code")
    copied = tag(
        "figure", tag("figcaption", tag("h3", "Connect"), button, class_="buttons"), tag("pre", tag("code", connection.snippet(channel, here)), tabindex="0")
    )
    words = channel.opening.behavior.words
    facts: list[messages.Fact] = (
        [("Frames", join("JSON objects; ", tag("code", channel.tag), " names the message"))] if channel.raw else _socketio(channel, here)
    )
    facts += [("Token", _token(channel)), ("Handshake", _handshake(channel)), ("Refused", _refused(channel))]
    facts += [("Joins", join(tag("code", words["room"])))] if "room" in words else []
    facts += [("Limit", _limit(words["rate"]))] if "rate" in words else []
    return join(copied, messages.facts_list(facts))


def _socketio(channel: Channel, here: Here) -> list[messages.Fact]:
    path, transports = connection.handshake_path(channel, here), channel.socketio["transports"]
    return [("Path", tag("code", path)), ("Transports", ", ".join(map(str, transports)))]


def _token(channel: Channel) -> Markup | None:
    """Where a token may stand; the first one that is there counts."""
    ways = []
    for way in channel.security:
        before, named, after = PLACES.get(way.where, f"in the {way.where} {{}}").partition("{}")
        about = connection.described(channel, way.name) if named else ""
        ways.append(tag("li", before, tag("code", way.name) if named else None, after, prose(f": {about}") if about else None))
    return tag("ul", *ways) if ways else None


def _handshake(channel: Channel) -> Markup | None:
    rows = [
        tag("li", item.where, " ", tag("code", item.name), " ", tag("span", item.type, class_="type"), " required" if item.required else None,
            prose(f": {item.description}") if item.description else None)
        for item in connection.fields(channel) if item.where != "protocol"
    ]  # fmt: skip
    return tag("ul", *rows) if rows else None


def _refused(channel: Channel) -> Markup:
    """What a client meets whose opening is refused."""
    told = messages.refusal(channel, channel.opening.behavior.get("refused"))
    if channel.raw:
        how = join("the socket is accepted, then closed with ", tag("code", "4000"), " and the status; the reason is the text")
    elif channel.opening.behavior.get("refuse_as") == "message" and told:
        how = join(told, ", then disconnected")
    else:
        how = join(tag("code", "connect_error"), ", whose ", tag("code", "message"), " is the text")
    rows = []
    for item in connection.refusals(channel):
        code = join(tag("code", connection.REFUSED + item.status), " ") if channel.raw else None
        when = tag("code", item.when) if isinstance(item.when, str) else join("there is ", messages.missing(item.when))
        rows.append(tag("li", code, f"{item.say} " if item.say else None, tag("span", "when ", when, class_="dim")))
    return join(how, tag("ul", *rows, class_="reasons") if rows else None)


def _limit(rate: dict[str, object]) -> Markup:
    switch = rate.get("switch")
    return join(f"{rate['limit']} messages of a socket in {rate['per']}", *([" while the switch ", tag("code", switch), " is on"] if switch else []))
