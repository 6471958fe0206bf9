"""HTML that can't be made wrong: what is no Markup is escaped, wherever it comes from."""

import html
from typing import Any

VOID = frozenset({"input", "link", "meta", "br"})


class Markup(str):
    """Text that is HTML already. Only `tag` and `join` make it, of parts that are Markup or escaped."""

    __slots__ = ()


def tag(_name: str, *content: Any, **attributes: Any) -> Markup:
    """An element. content: texts, numbers and Markup, None for nothing; attributes: `class_` is class, `data_url` is data-url; None and False leave one out."""
    told = "".join(f" {name.strip('_').replace('_', '-')}{_value(value)}" for name, value in attributes.items() if value is not None and value is not False)
    return Markup(f"<{_name}{told}>" if _name in VOID else f"<{_name}{told}>{join(*content)}</{_name}>")


def join(*content: Any, by: str = "") -> Markup:
    """One piece of several."""
    return Markup(html.escape(by).join(str(item) if isinstance(item, Markup) else html.escape(str(item)) for item in content if item is not None))


def prose(text: str) -> Markup:
    """Text of a document: what stands in backticks is code."""
    plain, *rest = text.split("`")
    if len(rest) % 2:
        return join(text)
    return join(plain, *(tag("code", part) if index % 2 == 0 else part for index, part in enumerate(rest)))


def _value(value: Any) -> str:
    return "" if value is True else f'="{html.escape(str(value))}"'
