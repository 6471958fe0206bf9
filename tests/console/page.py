"""The console in Chromium, as a test sees it."""

import json
import shutil
from typing import Any

from tests.clients.node import Script

LINE = "#lines [role=option]"


class Page:
    """One browser, with one page at a time."""

    def __init__(self) -> None:
        self._script = Script("../console/console.mjs")
        self._script.do("launch", shutil.which("chromium"))
        self._expected: list[str] = []

    def do(self, act: str, *arguments: Any) -> Any:
        """What the browser answers."""
        return self._script.do(act, *arguments)

    def open(self, url: str, before: str = "", **options: Any) -> "Page":
        """Opens the console and waits until it listens. before: a script that runs first; options: of Playwright's context."""
        self.do("open", url, options, before)
        return self.ready()

    def begin(self) -> "Page":
        """Forgets what an earlier test expected."""
        self._expected = []
        return self

    def expect(self, *texts: str) -> None:
        """Errors that a test means to see in the browser's console: a browser tells of every refused request."""
        self._expected += texts

    def ready(self) -> "Page":
        """Waits until the page hears what happens, and has fetched what was there."""
        self.wait("#live[data-state=on]")
        self.until("document.querySelector('#shown').textContent !== ''")
        return self

    def click(self, selector: str) -> None:
        self.do("click", selector)

    def press(self, name: str) -> None:
        """Presses a button by its name."""
        self.click(f"role=button[name={json.dumps(name, ensure_ascii=False)}]")

    def tab(self, name: str) -> None:
        """Goes to a tab."""
        self.click(f"#tab-{name}")
        self.wait(f"#{name}")

    def fill(self, selector: str, text: str) -> None:
        self.do("fill", selector, text)

    def choose(self, selector: str, value: str) -> None:
        self.do("choose", selector, value)

    def wait(self, selector: str, state: str = "visible") -> None:
        self.do("wait", selector, state)

    def said(self, text: str) -> None:
        """Waits for a toast."""
        self.wait(f".toast:has-text({json.dumps(text)})")

    def until(self, script: str) -> None:
        """Waits until an expression is true."""
        self.do("until", script)

    def text(self, selector: str) -> str:
        return str(self.do("text", selector))

    def texts(self, selector: str) -> list[str]:
        found: list[str] = self.do("texts", selector)
        return found

    def value(self, selector: str) -> str:
        return str(self.do("value", selector))

    def attribute(self, selector: str, name: str) -> str | None:
        found: str | None = self.do("attribute", selector, name)
        return found

    def evaluate(self, script: str) -> Any:
        return self.do("evaluate", script)

    @property
    def address(self) -> str:
        return str(self.do("address"))

    def wrong(self) -> list[str]:
        """What the page should not have done: errors, requests to elsewhere."""
        return [item for item in self.do("wrong") if not any(text in item for text in self._expected)]

    def leave(self) -> None:
        self.do("leave")

    def close(self) -> None:
        self._script.close()
