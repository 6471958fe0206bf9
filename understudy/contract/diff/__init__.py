"""What differs between two contracts, and what of it breaks those who use the old one."""

from understudy.contract.diff.changes import Change
from understudy.contract.diff.contracts import differences

__all__ = ["Change", "differences"]
