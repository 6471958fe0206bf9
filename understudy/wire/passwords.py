"""Password hashes: scrypt at a cost of about a millisecond, which is enough where only demo passwords live."""

import hashlib
import hmac

COST, BLOCK, PARALLEL = 2**9, 8, 1


def hashed(password: str, salt: str) -> str:
    """`scrypt$salt$hex`."""
    return f"scrypt${salt}${_derive(password, salt)}"


def matches(password: str, stored: str) -> bool:
    """Whether a password is the one that a hash was made of."""
    scheme, _, rest = stored.partition("$")
    salt, _, digest = rest.partition("$")
    return scheme == "scrypt" and hmac.compare_digest(_derive(password, salt).encode(), digest.encode("utf-8", "surrogatepass"))


def _derive(password: str, salt: str) -> str:
    key = hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt.encode("utf-8", "surrogatepass"), n=COST, r=BLOCK, p=PARALLEL, dklen=32)
    return key.hex()
