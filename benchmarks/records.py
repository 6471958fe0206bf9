"""How long records take: `python benchmarks/records.py [COUNT]` prints the seconds for so many events of the event platform (10,000)."""

import sys
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fixtures.records import build
from understudy.contract import reader

START = 1_800_000_000.0


def main(count: int) -> None:
    contract = reader.read("eventplatform")
    begin = perf_counter()
    data = build(contract, counts={"events": count})
    made = perf_counter()
    rows = data.at(START)
    dated = perf_counter()
    total = sum(len(table) for table in rows.values())
    print(f"{count} events ({total} rows of all collections): {made - begin:.2f} s made, {dated - made:.2f} s dated, {total / (dated - begin):.0f} rows/s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
