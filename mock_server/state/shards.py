"""A map whose copy costs next to nothing: it is cut into small dicts, and each is copied when one of its holders writes to it."""

from collections.abc import Iterator, Mapping
from typing import Any

WANTED, MOST = 128, 512  # entries of one dict


class Shards:
    """Keys and values as in a dict, in no order. dicts, mask: for who looks up often, `dicts[hash(key) & mask].get(key)`."""

    __slots__ = ("_own", "count", "dicts", "mask")

    def __init__(self, items: Mapping[Any, Any]) -> None:
        self.count = len(items)
        self._cut(items)

    def _cut(self, items: Mapping[Any, Any]) -> None:
        size = 1 << max(0, (len(items) - 1) // WANTED).bit_length()
        self.mask = mask = size - 1
        self.dicts: list[dict[Any, Any]] = [{} for _ in range(size)]
        self._own = set(range(size))  # the dicts that nobody else holds
        if mask:
            for key, value in items.items():
                self.dicts[hash(key) & mask][key] = value
        else:
            self.dicts[0].update(items)

    def copy(self) -> "Shards":
        """Another map with the same entries."""
        other = Shards.__new__(Shards)
        other.count, other.mask, other.dicts = self.count, self.mask, self.dicts.copy()
        self._own, other._own = set(), set()
        return other

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a key."""
        return self.dicts[hash(key) & self.mask].get(key, default)

    def _writable(self, key: Any) -> dict[Any, Any]:
        number = hash(key) & self.mask
        if number not in self._own:
            self.dicts[number] = self.dicts[number].copy()
            self._own.add(number)
        return self.dicts[number]

    def put(self, key: Any, value: Any) -> None:
        """Gives a key a value."""
        number = hash(key) & self.mask
        shard = self.dicts[number] if number in self._own else self._writable(key)
        if key not in shard:
            self.count += 1
        shard[key] = value
        if self.count > MOST * len(self.dicts):
            self._cut(dict(self.items()))

    def remove(self, key: Any) -> None:
        """Forgets a key that is there."""
        del self._writable(key)[key]
        self.count -= 1

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Every key and its value."""
        for shard in self.dicts:
            yield from shard.items()

    def __len__(self) -> int:
        return self.count
