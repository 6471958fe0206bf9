"""What steering a mock may end in."""

from collections.abc import Mapping, Sequence
from typing import Any

from understudy.contract.errors import UnderstudyError

__all__ = ["MockError", "NoMockError"]


class MockError(UnderstudyError):
    """A mock that refused what it was asked for, or that did not answer.

    status: HTTP status of the refusal, 0 where nothing answered; text: why, as the mock says it;
    violations: what is wrong with what was sent (`pointer`, `rule`, `message`), () where that is not the reason.
    """

    def __init__(self, status: int, text: str, violations: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(status, text, tuple(violations))
        self.status, self.text, self.violations = status, text, tuple(violations)

    def __str__(self) -> str:
        return self.text


class NoMockError(MockError):
    """Nothing answers at a URL, or what does is no mock. reason: which of it, in a few words."""

    exit_code = 3

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(0, f"No mock answers at {url}: {reason}. Start one: understudy mock")
        self.url, self.reason = url, reason
