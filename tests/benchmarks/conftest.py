"""`benchmarks` is in no wheel: it is found in the checkout, and everything else where it is installed."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
