"""Lets time pass at the target, and signs in again those whose tokens that may have ended."""

from contract_tests.session import Session
from fixtures.instants import seconds as seconds_of

__all__ = ["pass_time"]

MARGIN = 60.0  # seconds of a token's life that must be left


def pass_time(session: Session, seconds: float, what: str) -> None:
    """Moves the target's clock on, or waits. Raises NotChecked."""
    session.steering.advance(seconds, what)
    lifetime = ((session.contract.settings.get("auth") or {}).get("access") or {}).get("lifetime", "15m")
    spent = _SPENT.get(id(session), 0.0) + seconds
    if spent > seconds_of(lifetime) - MARGIN - 300:
        for person in session.people.everyone:
            if person.password:
                session.people.sign_in(person)
        spent = 0.0
    _SPENT[id(session)] = spent


_SPENT: dict[int, float] = {}
