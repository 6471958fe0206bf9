"""Curves as SVG, both axes logarithmic, in panels side by side: what is flat is flat whatever its height."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import ceil, floor, log10

from benchmarks.plot import EDGE, FAINT, HEAD, INK, RULE, page, text

PANEL, TALL, LEFT, LABELS, TITLE, FOOT = 500, 230, 64, 166, 30, 40
COLOURS = ("#1f7a5c", "#2b62a8", "#b4531f", "#7a4aa0", "#9a7b12", "#a8324f", "#3a7f8c", "#5d6b7a")
APART = 14
Curve = Mapping[int, float]


def curves(heading: str, panels: Mapping[str, Mapping[str, Curve]], note: str = "", columns: int = 2) -> str:
    """Panels by title, in each curves by name, all with the same axes."""
    points = [(x, y) for panel in panels.values() for curve in panel.values() for x, y in curve.items()]
    spans = (span([x for x, _ in points]), span([y for _, y in points]))
    columns = min(columns, len(panels))
    places = [(EDGE + number % columns * PANEL, HEAD + number // columns * (TALL + EDGE)) for number in range(len(panels))]
    drawn = [panel(name, found, place, spans) for (name, found), place in zip(panels.items(), places, strict=True)]
    width = PANEL * columns + EDGE
    head = [text(EDGE, 34, heading, 18, INK, "600"), text(width - EDGE, 34, note, 12, FAINT, anchor="end") if note else ""]
    return page(width, places[-1][1] + TALL + EDGE, [*head, *drawn])


def span(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around values."""
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def panel(name: str, found: Mapping[str, Curve], place: tuple[float, float], spans: tuple[tuple[int, int], tuple[int, int]]) -> str:
    """Axes, curves, and their names at their right ends."""
    left, top, right, bottom = place[0] + LEFT, place[1] + TITLE, place[0] + PANEL - LABELS, place[1] + TALL - FOOT

    def x(value: float) -> float:
        return left + (right - left) * (log10(value) - spans[0][0]) / (spans[0][1] - spans[0][0])

    def y(value: float) -> float:
        return bottom - (bottom - top) * (log10(value) - spans[1][0]) / (spans[1][1] - spans[1][0])

    lines = [text(place[0], place[1] + 14, name, 14, INK, "600")]
    for power in range(spans[1][0], spans[1][1] + 1):
        lines.append(f'<path d="M{left} {y(10**power):.1f}H{right}" stroke="{RULE}"/>')
        lines.append(text(left - 6, y(10**power) + 4, f"{10**power:,}", 11, FAINT, anchor="end"))
    lines += [text(x(10**power), bottom + 16, f"{10**power:,g}", 11, FAINT, anchor="middle") for power in range(spans[0][0], spans[0][1] + 1)]
    ends = spread({label: y(curve[max(curve)]) for label, curve in found.items()})
    for colour, (label, curve) in zip(COLOURS * len(found), found.items(), strict=False):
        points = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in sorted(curve.items()))
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>')
        lines.append(text(right + 8, ends[label] + 4, label, 11, colour))
    return "\n".join(lines)


def spread(heights: Mapping[str, float]) -> dict[str, float]:
    """Heights of names, moved so that none lies over another, around where they belong."""
    order = sorted(heights, key=lambda name: heights[name])
    places = [heights[name] for name in order]
    for _ in range(len(order) * len(order)):
        for upper, lower in pairwise(range(len(order))):
            lack = APART - (places[lower] - places[upper])
            if lack > 0:
                places[upper], places[lower] = places[upper] - lack / 2, places[lower] + lack / 2
    return dict(zip(order, places, strict=True))
