"""The one home of randomness: generators that are derived from a seed and the names of what they are for."""

import random
import secrets
from hashlib import blake2b
from uuid import UUID

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


class Chance(random.Random):
    """A random source that also makes texts and UUIDs. The same parts give the same values on every Python version."""

    def text(self, length: int) -> str:
        """So many lower-case letters and digits."""
        return "".join(ALPHABET[self.randrange(36)] for _ in range(length))

    def uuid(self) -> str:
        """A version 4 UUID."""
        return str(UUID(int=self.getrandbits(128), version=4))


def derive(*parts: object) -> Chance:
    """The random source of a seed and some names."""
    return Chance(int.from_bytes(blake2b("\0".join(map(str, parts)).encode(), digest_size=16).digest(), "big"))


def fresh_seed() -> str:
    """A seed nobody can guess."""
    return secrets.token_hex(16)
