"""Places of rows in some order. They are never changed: who adds one gets another sequence, which shares most of its parts with the first.

A place is the number of a row in its table, in the order in which rows were made. Few places are a tuple, many are `Blocks` of tuples.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate, chain, islice
from typing import Any

SIZE, LARGEST = 128, 256  # places of one block
Key = Callable[[int], Any]  # what places are ordered by


class Blocks:
    """Many places. None of the blocks is empty."""

    __slots__ = ("_ends", "blocks", "length")

    def __init__(self, blocks: list[tuple[int, ...]], length: int) -> None:
        self.blocks, self.length = blocks, length
        self._ends: list[int] = []

    @property
    def ends(self) -> list[int]:
        """How many places there are up to the end of each block."""
        if not self._ends:
            self._ends = list(accumulate(map(len, self.blocks)))
        return self._ends

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(self.blocks)

    def block_of(self, target: Any, key: Key) -> int:
        """The first block with a place that does not come before a target; the last one if there is none."""
        return min(bisect_left(self.blocks, target, key=lambda block: key(block[-1])), len(self.blocks) - 1)

    def cut(self, start: int, stop: int) -> tuple[int, ...]:
        """The places between two positions."""
        first = bisect_left(self.ends, start + 1) if start else 0
        before = self.ends[first - 1] if first else 0
        found: tuple[int, ...] = ()
        for block in islice(self.blocks, first, None):
            if before >= stop:
                break
            found += block[max(0, start - before) : stop - before]
            before += len(block)
        return found


Places = tuple[int, ...] | Blocks


def packed(places: list[int]) -> Places:
    """Places as they are kept."""
    if len(places) <= LARGEST:
        return tuple(places)
    return Blocks([tuple(places[start : start + SIZE]) for start in range(0, len(places), SIZE)], len(places))


def itself(place: int) -> int:
    """The key of places in the order in which their rows were made."""
    return place


def added(places: Places, place: int, key: Key) -> Places:
    """Places with one more, where its key belongs: mostly it is the newest, and at one of the ends."""
    if key is itself and isinstance(places, tuple) and len(places) < LARGEST and (not places or places[-1] < place):
        return (*places, place)
    target = key(place)
    if isinstance(places, tuple):
        made = _inserted(places, place, target, key)
        return made if len(made) <= LARGEST else packed(list(made))
    blocks = places.blocks.copy()
    if key(blocks[-1][-1]) < target:
        number, made = len(blocks) - 1, (*blocks[-1], place)
    elif target < key(blocks[0][0]):
        number, made = 0, (place, *blocks[0])
    else:
        number = places.block_of(target, key)
        made = _inserted(blocks[number], place, target, key)
    if len(made) <= LARGEST:
        blocks[number] = made
    else:
        blocks[number : number + 1] = [made[:SIZE], made[SIZE:]]
    return Blocks(blocks, places.length + 1)


def _inserted(block: tuple[int, ...], place: int, target: Any, key: Key) -> tuple[int, ...]:
    if not block or key(block[-1]) < target:
        return (*block, place)
    at = bisect_left(block, target, key=key)
    return (*block[:at], place, *block[at:])


def removed(places: Places, place: int, key: Key) -> Places:
    """Places without one that is there."""
    if isinstance(places, tuple):
        return _without(places, place, key)
    blocks = places.blocks.copy()
    number = len(blocks) - 1 if blocks[-1][-1] == place else 0 if blocks[0][0] == place else places.block_of(key(place), key)
    left = _without(blocks[number], place, key)
    blocks[number : number + 1] = [left] if left else []
    return Blocks(blocks, places.length - 1) if len(blocks) > 1 else blocks[0]


def _without(block: tuple[int, ...], place: int, key: Key) -> tuple[int, ...]:
    if block[-1] == place:
        return block[:-1]
    at = bisect_left(block, key(place), key=key)
    assert block[at] == place, "an index has lost its order"
    return block[:at] + block[at + 1 :]


def rank(places: Places, target: Any, key: Key) -> int:
    """How many places come before a target."""
    if isinstance(places, tuple):
        return bisect_left(places, target, key=key)
    number = places.block_of(target, key)
    return (places.ends[number - 1] if number else 0) + bisect_left(places.blocks[number], target, key=key)


def cut(places: Places, start: int, stop: int) -> tuple[int, ...]:
    """The places between two positions."""
    return places[start:stop] if isinstance(places, tuple) else places.cut(start, stop)
