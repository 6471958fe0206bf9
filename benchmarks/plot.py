"""Horizontal bars as SVG, in panels side by side, for a page with a light or a dark background."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

PANEL, LABEL, VALUE, EDGE = 500, 206, 62, 24
HEAD, TITLE, BAR, STEP, FOOT = 58, 34, 16, 25, 18
OURS, OTHERS, INK, FAINT, PAPER, RULE = "#1f7a5c", "#a9b4c0", "#1d2733", "#5d6b7a", "#ffffff", "#dfe4ea"
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


@dataclass(frozen=True, slots=True)
class Bar:
    """ours: drawn in the colour that stands out. shown: the value as text, where it is not a count."""

    label: str
    value: float | None
    ours: bool = False
    shown: str = ""


def bars(heading: str, panels: Mapping[str, Sequence[Bar]], note: str = "", columns: int = 2) -> str:
    """Panels in rows, each with a scale of its own from 0."""
    columns = min(columns, len(panels))
    rows = [list(panels.items())[start : start + columns] for start in range(0, len(panels), columns)]
    parts, top = [], HEAD
    for row in rows:
        parts += [panel(name, items, EDGE + number * PANEL, top) for number, (name, items) in enumerate(row)]
        top += height(max(len(items) for _, items in row))
    width = PANEL * columns + EDGE
    return page(
        width, top + EDGE // 2, [text(EDGE, 34, heading, 18, INK, "600"), text(width - EDGE, 34, note, 12, FAINT, anchor="end") if note else "", *parts]
    )


def height(count: int) -> int:
    """Of a panel with so many bars."""
    return TITLE + count * STEP + FOOT


def panel(name: str, items: Sequence[Bar], left: int, top: int) -> str:
    """A title and its bars, the longest of which fills the room."""
    room, most = PANEL - EDGE - LABEL - VALUE, max((item.value or 0 for item in items), default=0) or 1
    axis = left + LABEL
    lines = [text(left, top + 16, name, 14, INK, "600")]
    lines.append(f'<path d="M{axis - 0.5} {top + TITLE - 6}V{top + TITLE + len(items) * STEP - 4}" stroke="{RULE}"/>')
    lines += [bar(item, axis, top + TITLE + number * STEP, room * (item.value or 0) / most) for number, item in enumerate(items)]
    return "\n".join(lines)


def bar(item: Bar, axis: int, top: int, length: float) -> str:
    """One bar, its name to the left and its value to the right."""
    base, weight = top + 12.5, "600" if item.ours else "400"
    shown = item.shown or f"{item.value or 0:,.0f}"
    return "\n".join(
        (
            text(axis - 8, base, item.label, 12, INK if item.ours else FAINT, weight, "end"),
            f'<rect x="{axis}" y="{top}" width="{max(length, 1):.1f}" height="{BAR}" rx="2" fill="{OURS if item.ours else OTHERS}"/>',
            text(axis + max(length, 1) + 7, base, shown, 12, INK if item.ours else FAINT, weight),
        )
    )


def text(x: float, y: float, said: str, size: int, colour: str, weight: str = "400", anchor: str = "start") -> str:
    """A line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}" text-anchor="{anchor}">{escape(said)}</text>'


def page(width: int, tall: int, parts: Sequence[str]) -> str:
    """The picture."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {tall}" width="{width}" height="{tall}" font-family="{FONT}">'
    return "\n".join((head, f'<rect width="{width}" height="{tall}" rx="8" fill="{PAPER}"/>', *filter(None, parts), "</svg>", ""))
