"""Where the target is: a URL for each service, and for its sockets."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit, urlunsplit

from contract_tests.options import Options
from understudy.contract.errors import UsageError, suggest
from understudy.contract.model import Contract

__all__ = ["Unreachable", "service_urls", "socket_urls"]

SOCKETS = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


class Unreachable(Exception):  # noqa: N818 - an error of the target, not of ours
    """The target does not answer (any more); its text says what was tried and seen."""


def service_urls(contract: Contract, given: Iterable[str]) -> dict[str, str]:
    """Service -> URL without a slash at its end; a URL without a name is that of all services that have none. Raises UsageError."""
    names = [service.name for service in contract.services]
    found = _named("--url", given, names, ("http", "https"))
    everywhere = found.pop("", None)
    urls = {name: found.get(name) or everywhere for name in names}
    return {name: url for name, url in urls.items() if url is not None}


def socket_urls(contract: Contract, options: Options, urls: Mapping[str, str]) -> dict[str, str]:
    """Service -> URL (ws or wss) at which its sockets are: as said, else beside its requests."""
    names = [service.name for service in contract.services]
    said = _named("--socket-url", options.sockets, names, tuple(SOCKETS))
    everywhere = said.pop("", None)
    found = {name: said.get(name) or everywhere or urls.get(name) for name in names}
    return {name: _as_socket(url) for name, url in found.items() if url is not None}


def _as_socket(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((SOCKETS[parts.scheme], *parts[1:]))


def _named(flag: str, given: Iterable[str], names: list[str], schemes: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        head, sep, rest = text.partition("=")
        services, url = (head.split(","), rest) if sep and "://" not in head else ([""], text)
        for service in services:
            if service and service not in names:
                raise UsageError(f"{flag} {text}: There is no service '{service}'.{suggest(service, names)}")
            found[service] = _checked(flag, url, schemes)
    return found


def _checked(flag: str, url: str, schemes: tuple[str, ...]) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise UsageError(
            f"{flag}: '{url}' is no URL such as {schemes[0]}://localhost:3000. Give SERVICE={schemes[0]}://HOST:PORT, or one URL for all services."
        )
    return url.rstrip("/")
