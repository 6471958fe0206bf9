"""Who takes part: those that are given, the contract's demo accounts, and as many new ones as are needed."""

from collections.abc import Mapping
from typing import Any

from contract_tests.people import Person
from contract_tests.realtime.lines import credentials, handshake_of, lines_of, ways
from contract_tests.session import Session
from load.stage import Member
from understudy.contract.model import Channel

__all__ = ["member_of", "people_for"]


def people_for(session: Session, many: int) -> tuple[list[Person], list[str]]:
    """So many people who can sign in, and what is to be said where there are fewer. Nobody twice."""
    found = lines_of(session).crowd(many)
    if len(found) >= many or not found:
        return found[:many], []
    return found, [f"only {len(found)} accounts for {many} users ({_why(session)}): give more of them with --auth"]


def _why(session: Session) -> str:
    failures = session.people.failures
    return failures[-1] if failures else "the contract has no way to register" if session.people.register_operation is None else "new accounts are not allowed"


def member_of(session: Session, person: Person, channels: Mapping[str, Channel], paths: Mapping[str, Any] | None = None) -> Member:
    """Somebody as the generator knows them. channels: on which they have sockets; paths: channel -> path parameters of their handshake."""
    headers: dict[str, dict[str, str]] = {}
    for operation in session.contract.operations:
        if operation.security and operation.service not in headers:
            headers[operation.service] = {**session.client.headers, **session.credentials(operation, person)}
    opened = {name: _handshake(session, channel, person, (paths or {}).get(name) or {}) for name, channel in channels.items()}
    return Member(person.login, person.key, headers, opened)


def _handshake(session: Session, channel: Channel, person: Person, path: Mapping[str, Any]) -> dict[str, Any]:
    lines = lines_of(session)
    given = ways(channel, person)
    way = given[0] if given else next(iter(channel.security), None)
    asked = {name: value for name, value in lines.query(channel, person).items() if value is not None}
    made = handshake_of(session, channel, person, path, credentials(way, lines.token(person, way)), asked)
    return {"uri": made.uri, "headers": dict(made.headers), "auth": dict(made.auth) if made.auth else None, "subprotocols": list(made.subprotocols)}
