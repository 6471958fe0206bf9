"""The ledger of one worker: what its users were granted, in records that go to the master while the run goes on."""

from typing import Any

from load.records import Kind, pack

__all__ = ["Ledger"]

MOST_SAID = 500  # texts of answers that are kept for those who read the verdict


class Ledger:
    """Records of one worker. ahead: seconds that the master's clock is before this one; blur: how far that may be wrong; off: nothing is kept."""

    def __init__(self, worker: int = 0, off: bool = False) -> None:
        self.worker, self.off = worker, off
        self.ahead, self.blur = 0.0, 0.0
        self.total = 0
        self._records = bytearray()
        self._listened: list[tuple[Any, ...]] = []
        self._said: list[tuple[float, str]] = []

    def note(self, kind: Kind, account: int, stock: int, quantity: int, sent: float, done: float, name: str = "", sure: bool = True, said: str = "") -> None:
        """Keeps one thing. sent, done: monotonic seconds of this machine between which it happened; said: what was asked and answered, for a few."""
        if self.off:
            return
        self._records += pack(kind, sure, quantity, account, stock, self.worker, sent + self.ahead - self.blur, done + self.ahead + self.blur, name)
        self.total += 1
        if said and len(self._said) < MOST_SAID:
            self._said.append((done + self.ahead + self.blur, said[:300]))

    def listened(self, room: str, joined: tuple[float, float], left: float, updates: int, trail: int, who: str, ended: float) -> None:
        """Keeps what one socket has heard of one room. joined: sent and answered; left: until when it surely was there; ended: when it heard no more;
        trail: checksum of the messages in their order."""
        if self.off:
            return
        asked, there, gone, last = (
            joined[0] + self.ahead - self.blur, joined[1] + self.ahead + self.blur, left + self.ahead - self.blur, ended + self.ahead + self.blur,
        )  # fmt: skip
        self._listened.append((room, asked, there, gone, updates, trail, who, last))

    def drain(self) -> dict[str, Any]:
        """What is new since the last time, as it goes to the master; {} for nothing."""
        found = {"records": bytes(self._records), "listened": self._listened, "said": self._said}
        self._records, self._listened, self._said = bytearray(), [], []
        return {name: value for name, value in found.items() if value}
