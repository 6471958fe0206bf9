"""What the ledger is made of: one record of fixed size for each thing that was granted, refused against right, or dropped."""

import struct
from enum import IntEnum
from hashlib import blake2b

__all__ = ["FIELDS", "SIZE", "Kind", "pack", "unpack"]


class Kind(IntEnum):
    """What a record tells. Those from LOCK to SPEND take, those from UNLOCK to SPENT give back (SPENT: a lock that went into an order).

    STOLEN is what was denied to who held it, LEAKED what is still held after it was given back, CHANGE what neither takes nor gives but is told to a room.
    """

    LOCK = 1
    RESERVE = 2
    ORDER = 3
    SPEND = 4
    UNLOCK = 10
    RELEASE = 11
    CANCEL = 12
    DROP = 13
    EXPIRED = 14
    SPENT = 15
    STOLEN = 20
    LEAKED = 21
    CHANGE = 30


# kind, sure (0: sent, and no answer came), quantity, account, stock, worker, sent, done (monotonic seconds of the master), id of the lock or order
_RECORD = struct.Struct("<BBHIIIdd32s")
SIZE, ID = _RECORD.size, 32
FIELDS = [
    ("kind", "u1"), ("sure", "u1"), ("quantity", "<u2"), ("account", "<u4"), ("stock", "<u4"), ("worker", "<u4"),
    ("sent", "<f8"), ("done", "<f8"), ("id", "S32"),
]  # fmt: skip


def pack(kind: Kind, sure: bool, quantity: int, account: int, stock: int, worker: int, sent: float, done: float, name: str = "") -> bytes:
    """One record's bytes. account, stock: their numbers in the stage; of an id of more than 32 bytes the beginning and a digest are kept."""
    return _RECORD.pack(kind, sure, min(quantity, 65535), account, stock, worker, sent, done, _short(name))


def _short(name: str) -> bytes:
    """An id of at most 32 bytes: of a longer one the beginning, and a digest of it all."""
    data = name.encode("utf-8", "replace")
    return data if len(data) <= ID else data[: ID - 13] + b"~" + blake2b(data, digest_size=6).hexdigest().encode()


def unpack(data: bytes) -> tuple[int, int, int, int, int, int, float, float, str]:
    """The fields of one record."""
    *rest, name = _RECORD.unpack(data)
    return (*rest, name.rstrip(b"\0").decode("utf-8", "replace"))
