"""What the master keeps of a run, in a folder: the workers' records as they come, and at the end what was measured."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from load.clock import now, stamp
from load.meter import Series, percentile
from load.stage import Stage

__all__ = ["Transcript"]

LEDGER, LISTENED, RUN, PROGRESS = "ledger.bin", "listened.jsonl", "run.json", "progress.json"
NOBODY = -1  # the number of a worker that has not said it
EVERY = 1.0  # seconds from one word of progress to the next


class Transcript:
    """The files of one run: `ledger.bin` (records), `listened.jsonl` (a socket and room each), `run.json` (all else). Memory does not grow with the records."""

    def __init__(self, folder: Path, stage: Stage) -> None:
        self.folder, self.stage = folder, stage
        self.ledger = (folder / LEDGER).open("wb")
        self.heard = (folder / LISTENED).open("w", encoding="utf-8")
        self.series = Series()
        self.refused: Counter[str] = Counter()
        self.failures: Counter[tuple[str, str]] = Counter()
        self.workers: dict[str, dict[str, Any]] = {}
        self.said: list[tuple[float, str]] = []
        self.users: dict[int, dict[str, int]] = {}  # second -> worker -> users
        self.started = stamp()
        self.begin: float | None = None
        self.warm_up = 0.0
        self.since = self._shown = now()

    def began(self, at: float, warm_up: float) -> None:
        """All users are there."""
        self.begin, self.warm_up = at, warm_up

    def expect(self, workers: Iterable[str]) -> None:
        """Who takes part: one that dies before it has said anything is lost as well."""
        for name in workers:
            self._worker(name)

    def _worker(self, name: str) -> dict[str, Any]:
        return self.workers.setdefault(name, {"lag": 0.0, "cpu": 0.0, "late": 0, "total": 0, "at": self.since, "index": NOBODY, "last": False})

    def take(self, worker: str, data: dict[str, Any]) -> None:
        """Keeps what a worker tells; nothing after the end."""
        if self.ledger.closed:
            return
        self.ledger.write(data.get("records") or b"")
        for row in data.get("listened") or ():
            self.heard.write(json.dumps(row) + "\n")
        self.ledger.flush()
        self.series.add(data.get("cells") or ())
        self.refused.update(data.get("refused") or {})
        self.failures.update({(step, why): count for step, why, count in data.get("failures") or ()})
        self.said += data.get("said") or ()
        known = self._worker(worker)
        known["lag"], known["cpu"] = max(known["lag"], data["lag"]), max(known["cpu"], data["cpu"] or 0)
        known |= {"late": data["late"], "total": data["total"], "at": data["at"], "index": data["index"], "last": known["last"] or data["last"]}

        if self.begin is not None and not data["last"]:
            second = int(data["at"] - self.begin - self.warm_up)
            self.users.setdefault(second, {})[worker] = data["users"]
        self._progress()

    def _users(self) -> list[int]:
        """Users of all workers, second by second; what a second does not tell is as the one before."""
        found, known = [], dict[str, int]()
        for second in range(self.series.seconds()):
            known |= self.users.get(second, {})
            found.append(sum(known.values()))
        return found

    def has_ended(self, worker: str) -> bool:
        """Whether a worker has said its last."""
        return bool(self.workers.get(worker, {}).get("last"))

    def _progress(self) -> None:
        """Writes how it goes, now and then: for whoever waits."""
        at = now()
        if at - self._shown < EVERY:
            return
        self._shown = at
        last = max(0, self.series.seconds() - 2)
        cells = {step: cell for (step, second), cell in self.series.cells.items() if second == last}
        value = {
            "seconds": round(at - self.begin - self.warm_up, 1) if self.begin else None, "workers": len(self.workers),
            "granted": sum(item["total"] for item in self.workers.values()), "failures": sum(self.failures.values()),
            "steps": {step: [sum(cell[0].values()), percentile(cell[0], 99)] for step, cell in sorted(cells.items())},
        }  # fmt: skip
        partial = self.folder / f"{PROGRESS}.part"
        partial.write_text(json.dumps(value), encoding="utf-8")
        partial.replace(self.folder / PROGRESS)

    def close(self, environment: Any) -> None:
        """Writes what was measured. Workers that have not said their last are lost."""
        self.ledger.close()
        self.heard.close()
        lost = [name for name, item in self.workers.items() if not item["last"]]
        runner = environment.runner
        value = {
            "started": self.started, "seconds": round(now() - self.since, 3), "begin": self.begin, "warm_up": self.warm_up, "end": now(),
            "users": getattr(runner, "target_user_count", 0), "workers": self.workers, "lost": lost, "steps": self.series.table(),
            "series": {"step_seconds": 1, "at": list(range(self.series.seconds())), "steps": self.series.over_time(), "users": self._users()},
            "refused": dict(self.refused), "failures": [{"step": step, "message": why, "count": count} for (step, why), count in self.failures.most_common(50)],
            "said": self.said[-2000:],
        }  # fmt: skip
        partial = self.folder / f"{RUN}.part"
        partial.write_text(json.dumps(value), encoding="utf-8")
        partial.replace(self.folder / RUN)
