"""One-time codes of authenticator apps: TOTP with SHA-1, six digits, a step of 30 seconds (RFC 6238)."""

import hmac

from pyotp import TOTP

__all__ = ["STEP", "accepts", "code"]

STEP = 30  # seconds


def code(secret: str, at: float, step: int = 0) -> str:
    """The code of a base32 secret at an instant (seconds since 1970), or so many steps from it."""
    return str(TOTP(secret).at(at, counter_offset=step))


def accepts(secret: str, given: str, at: float, window: int = 1) -> bool:
    """Whether a code is that of an instant, or of one of so many steps before or after it."""
    codes = [code(secret, at, step) for step in range(-window, window + 1)]
    return any(hmac.compare_digest(one.encode(), given.encode("utf-8", "surrogatepass")) for one in codes)
