"""Lets time pass at the target, and signs in again those whose tokens that may have ended."""

from contract_tests.realtime.lines import lines_of
from contract_tests.session import Session
from fixtures.instants import seconds as seconds_of

__all__ = ["pass_time"]

MARGIN = 360.0  # seconds of a token's life that must be left


def pass_time(session: Session, seconds: float, what: str) -> None:
    """Moves the target's clock on, or waits. Raises NotChecked."""
    session.steering.advance(seconds, what)
    lifetime = ((session.contract.settings.get("auth") or {}).get("access") or {}).get("lifetime", "15m")
    lines = lines_of(session)
    lines.spent += seconds
    if lines.spent > seconds_of(lifetime) - MARGIN:
        for person in session.people.everyone:
            if person.password:
                session.people.sign_in(person)
        lines.spent = 0.0
