"""One log of a world for all processes. Each publishes its lines beside its calls; they are put in order and numbered in Redis when somebody reads."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from mock_server.sharing import lines
from mock_server.state.clock import wall
from mock_server.state.log import Entry, Log
from understudy.wire.chance import fresh_seed

if TYPE_CHECKING:
    from mock_server.sharing.share import Share

__all__ = ["SharedLog"]


class Stored:
    """A line as it is stored; read when somebody looks at it."""

    __slots__ = ("_line", "number", "size", "texts")

    def __init__(self, number: int, size: int, texts: list[bytes]) -> None:
        self.number, self.size, self.texts = number, size, texts
        self._line: Any = None

    def line(self, share: "Share") -> Any:
        """The line."""
        if self._line is None:
            self._line = lines.read(share.engine, self.number, self.size, self.texts)
            self.texts = []
        return self._line


class SharedLog(Log):
    """The lines of a world as this process last collected them, and those of its own that wait to be published.

    What a line says of its place: the last commit that its process had seen, then real time. A call sees all that was answered before it, so lines between
    which there was a commit are in the order of cause and effect even where the clocks of machines differ.
    """

    __slots__ = ("_epoch", "_published", "_share", "_waiting", "_weight")

    def __init__(self, share: "Share", most: int, largest: int) -> None:
        super().__init__(most, largest)
        self._share, self._epoch = share, ""
        self._waiting: deque[tuple[int, float, Any]] = deque()
        self._weight = 0  # bytes of what waits
        self._published: deque[int] = deque()  # sizes of what was published, and may not be numbered yet

    def append(self, entry: Entry) -> None:
        """Adds a line; its number comes when it is collected."""
        waiting = self._waiting
        waiting.append((self._share.position, wall(), entry))
        self._weight += entry.size
        while self._weight > self.largest or len(waiting) > self.most:
            self._weight -= waiting.popleft()[2].size

    def flush(self, most: int | None = None) -> None:
        """Publishes lines that wait, the oldest first. most: at most so many. Raises Unavailable; then they wait on."""
        chosen = list(islice(self._waiting, most))
        if not chosen:
            return
        share = self._share
        texts = [
            b"%d %.6f %d %s %s" % (position, at, line.size, (lines.mark(line) or "-").encode(), lines.text(share.engine, line)) for position, at, line in chosen
        ]
        with share.link.asking() as client, client.pipeline(transaction=False) as pipe:
            pipe.rpush(self._own, *texts)  # before it is said that there is something, so that whoever collects in between does not forget it
            pipe.sadd(share.key("lines", "from"), share.link.worker)
            there = pipe.execute()[0]
        for _, _, line in chosen:
            self._waiting.popleft()
            self._weight -= line.size
            self._published.append(line.size)
        self._bound(there)

    @property
    def _own(self) -> str:
        return self._share.key("lines", "of", self._share.link.worker)

    def _bound(self, there: int) -> None:
        """Has what nobody collects be no more than a log holds. there: how many lines of this process are not numbered yet."""
        sizes = self._published
        while len(sizes) > there:
            sizes.popleft()
        weight = sum(sizes)
        while weight > self.largest or len(sizes) > self.most:
            weight -= sizes.popleft()
        if len(sizes) < there:
            with self._share.link.asking() as client:
                client.ltrim(self._own, -len(sizes) if sizes else there, -1)

    def collect(self) -> list[Any]:
        """Has what was published be numbered, and takes over what is not here yet; returns that, unread. Raises Unavailable."""
        share = self._share
        arguments = [self.most, self.largest, self.count, self._epoch, fresh_seed()[:12], share.key("lines", "of", "")]
        epoch, count, floor, found = share.link.run("collect", self._keys, arguments)
        if epoch.decode() != self._epoch:  # all is new: Redis has lost its data, or nothing was collected before
            self._epoch = epoch.decode()
            super().clear()
        self.count = count
        fresh = [Stored(int(name.split(b"-")[0]), int(fields[1]), fields[3::2]) for name, fields in found]
        self._lines.extend(fresh)
        self.bytes += sum(item.size for item in fresh)
        while self._lines and (self._lines[0].number < floor or self.bytes > self.largest or len(self._lines) > self.most):
            self.bytes -= self._lines.popleft().size
        return fresh

    @property
    def _keys(self) -> list[str]:
        return [self._share.key("lines"), self._share.key("lines", "head"), self._share.key("lines", "from")]

    def clear(self) -> None:
        """Forgets every line, those of other processes that were not published yet too; numbers go on. Raises Unavailable."""
        self._waiting.clear()
        self._weight = 0
        super().clear()
        self._share.link.run("clear", self._keys, [self._share.position, f"{wall():.6f}", self._share.key("lines", "of", "")])

    def read(self, stored: Any) -> Any:
        """A line that was collected."""
        return stored.line(self._share)

    def find(self, number: int) -> Any:
        """A line by its number, None if it is gone or never was."""
        found = super().find(number)
        return None if found is None else self.read(found)

    def __iter__(self) -> Iterator[Any]:
        return map(self.read, list(self._lines))

    def __reversed__(self) -> Iterator[Any]:
        return map(self.read, reversed(list(self._lines)))

    def __getitem__(self, index: int) -> Any:
        return self.read(self._lines[index])
