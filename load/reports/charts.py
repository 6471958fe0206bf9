"""Charts of a run, drawn by matplotlib, as SVG that stands in a page.

No text of a target is ever in a chart: names stand beside it, in the page. Colours are classes and variables of the page's style, so that a
chart follows light and dark; lines differ by dashes too.
"""

import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple
from xml.etree import ElementTree

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from load.reports.words import Result, counted, milliseconds, steps_by_count

__all__ = ["Chart", "Key", "held", "latencies", "throughput", "users"]

SIZE = (5.2, 2.3)  # inches; the page stretches it
MOST_POINTS = 300  # of one line
MOST_LINES = 5  # of one chart; the rest is one more
MOST_CHARTS = 12  # of one kind
WIDE = 30  # how many times the least the most is, from which on an axis is logarithmic
SVG = "http://www.w3.org/2000/svg"
LINK = "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", LINK)
# What is drawn in a colour of the left side gets the one of the right side, which the page's style knows.
INK = {
    "#010101": "--text", "#020202": "--dim", "#030303": "--line", "#040404": "--bad", "#050505": "--raised",
    **{f"#0a0a{number:02d}": f"--line-{number}" for number in range(1, MOST_LINES + 2)},
}  # fmt: skip
TEXT, DIM, LINE, BAD, RAISED, *HUES = INK
DASHES = ("-", (0, (5, 2)), (0, (1.2, 1.6)), (0, (7, 2, 1.2, 2)), (0, (3, 1)), (0, (9, 3)))
MARKS = ("o", "s", "^", "D", "v", "P")
LONG = 2.5  # times the usual distance between two points, from which on a line has a gap
STYLE: Mapping[str, Any] = {"svg.fonttype": "none", "text.parse_math": False, "font.size": 9.0, "path.simplify": True}
LOCAL = ("backend", "backend_fallback", "interactive", "toolbar", "timezone")  # settings that are no style
Points = Sequence[float | None]


class Key(NamedTuple):
    """A line of a chart, for its legend. hue: a variable of the page's style; dash: `stroke-dasharray`."""

    name: str
    hue: str
    dash: str


class Chart(NamedTuple):
    """One chart: a title for the page, the SVG, what its lines are, and what is to be seen in one sentence."""

    title: str
    svg: str
    keys: tuple[Key, ...]
    says: str


def latencies(result: Result) -> list[Chart]:
    """Percentiles over time, one chart for each step; the steps that were taken most often, at most 12."""
    names = [name for name, _ in steps_by_count(result) if any(value is not None for value in _series(result, name).get("p99", ()))]
    return [_latency(result, name, number) for number, name in enumerate(names[:MOST_CHARTS])]


def _latency(result: Result, name: str, number: int) -> Chart:
    found = _series(result, name)
    lines = {label: _thin(found[label], max) for label in ("p99", "p95", "p50")}
    at = _times(result)
    figure, axes = _axes(result)
    for order, values in enumerate(lines.values()):
        _line(axes, at, values, HUES[order], DASHES[2 - order], 1.8)
    known = [value for values in lines.values() for value in values if value is not None]
    _scale(axes, known, milliseconds)
    worst = max((value, second) for value, second in zip(lines["p99"], at, strict=True) if value is not None)
    says = f"p99 is at most {milliseconds(worst[0])}, at {worst[1]:.0f} s; p50 is at most {milliseconds(_most(lines['p50']))}."
    return Chart(name, _drawn(figure, f"latency-{number}", "Latency over time", says), _keys(lines, [2, 1, 0]), says)


def throughput(result: Result) -> Chart | None:
    """How many answers of each step came a second, and how many failures; the rarest steps as one line."""
    lines = dict(_rates(result))
    if not lines:
        return None
    figure, axes = _axes(result)
    at = _times(result)
    for order, values in enumerate(lines.values()):
        _line(axes, at, values, HUES[order], DASHES[order])
    failures = _thin(_sum(result, "failures", result["series"]["steps"]), max)
    keys = _keys(lines)
    if any(failures):
        _line(axes, at, failures, BAD, "-", 1.2)
        keys = (*keys, Key("failures", INK[BAD], ""))
    _scale(axes, [0], lambda value: f"{value:,.0f}/s")
    says = f"At most {max(_most(values) for values in lines.values()):,.0f} a second of one step; {counted(int(sum(failures)), 'failure')} a second at most."
    says = says if any(failures) else f"At most {max(_most(values) for values in lines.values()):,.0f} a second of one step; no failures."
    return Chart("Throughput", _drawn(figure, "throughput", "Answers per second over time", says), keys, says)


def _rates(result: Result) -> Iterator[tuple[str, list[float]]]:
    names = [name for name, _ in steps_by_count(result) if any(_series(result, name).get("count", ()))]
    shown = names if len(names) <= MOST_LINES + 1 else names[:MOST_LINES]
    yield from ((name, _thin(_sum(result, "count", [name]), _mean)) for name in shown)
    if rest := names[len(shown) :]:
        yield f"{len(rest)} others", _thin(_sum(result, "count", rest), _mean)


def users(result: Result) -> Chart | None:
    """How many users there were; None where it is not known."""
    values = [float(value) for value in result["series"]["users"]]
    if not values or len(values) != len(result["series"]["at"]):
        return None
    figure, axes = _axes(result)
    thinned = _thin(values, max)
    _line(axes, _times(result), thinned, HUES[0], "-")
    _scale(axes, [0], lambda value: f"{value:,.0f}")
    says = f"At most {counted(int(max(values)), 'user')}."
    return Chart("Users", _drawn(figure, "users", "Users over time", says), (), says)


def held(result: Result) -> list[Chart]:
    """What was held of each stock against what there was; those with too much first, at most 12."""
    stocks = [item for item in result["series"]["held"] if item["at"]]
    stocks.sort(key=lambda item: item["capacity"] - max(item["held"]))
    return [_held(result, stock, number) for number, stock in enumerate(stocks[:MOST_CHARTS])]


def _held(result: Result, stock: Mapping[str, Any], number: int) -> Chart:
    at, values, capacity = _thin(stock["at"], max), _thin(stock["held"], max), stock["capacity"]
    figure, axes = _axes(result)
    axes.fill_between(at, values, step="post", color=HUES[0], alpha=0.18, linewidth=0)
    axes.plot(at, values, color=HUES[0], linewidth=1.3, drawstyle="steps-post")
    axes.axhline(capacity, color=TEXT, linewidth=1.2, linestyle=DASHES[1])
    most = max(values)
    if most > capacity:
        axes.fill_between(at, [max(value, capacity) for value in values], capacity, step="post", color=BAD, alpha=0.75, linewidth=0)
        over = [(second, value) for second, value in zip(at, values, strict=True) if value > capacity]
        axes.vlines([second for second, _ in over], capacity, [value for _, value in over], colors=BAD, linewidth=1.3)  # seen however short it was
        peak = values.index(most)
        axes.plot([at[peak]], [most], marker="v", color=BAD, markersize=6, linestyle="")
    _scale(axes, [0], lambda value: f"{value:,.0f}", max(most, capacity) * 1.15 or 1)
    says = f"At most {most:,} held of {capacity:,}" + (f": {most - capacity:,} too many, at {at[values.index(most)]:.1f} s." if most > capacity else ".")
    keys = (Key("held", INK[HUES[0]], ""), Key("capacity", INK[TEXT], "5 2"), *([Key("too many", INK[BAD], "")] if most > capacity else []))
    return Chart(stock["stock"], _drawn(figure, f"held-{number}", "Held over time, against capacity", says), keys, says)


def _series(result: Result, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = result["series"]["steps"].get(name, {})
    return found


def _sum(result: Result, what: str, names: Any) -> list[float]:
    """Of some steps together, a second."""
    columns = [_series(result, name)[what] for name in names]
    return [sum(row) / result["series"]["step_seconds"] for row in zip(*columns, strict=True)]


def _times(result: Result) -> list[float]:
    """Seconds since the users were there; series begin when the warm-up is over."""
    return [result["run"]["warm_up"] + at for at in _thin(result["series"]["at"], min)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _most(values: Points) -> float:
    return max((value for value in values if value is not None), default=0.0)


def _thin(values: Sequence[Any], choose: Callable[[list[Any]], Any]) -> list[Any]:
    """At most so many values as a chart can show; of those that become one, the chosen. Lists of one length stay of one length."""
    width = math.ceil(len(values) / MOST_POINTS) or 1
    groups = ([value for value in values[start : start + width] if value is not None] for start in range(0, len(values), width))
    return [choose(group) if group else None for group in groups]


def _axes(result: Result) -> tuple[Figure, Axes]:
    """An empty chart over the seconds of the run; its warm-up is grey."""
    figure = Figure(figsize=SIZE)
    axes = figure.add_axes((0.115, 0.14, 0.865, 0.8))
    axes.set_facecolor("none")
    figure.patch.set_visible(False)
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(DIM)
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=DIM, labelcolor=DIM, length=0, pad=4)
    axes.tick_params(axis="x", length=3)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} s"))
    if result["run"]["warm_up"]:
        axes.axvspan(0, result["run"]["warm_up"], color=RAISED, linewidth=0)
    axes.margins(x=0.01)
    return figure, axes


def _line(axes: Axes, at: Sequence[float], values: Points, hue: str, dash: Any, width: float = 1.6) -> None:
    """A line, broken where nothing was measured for long; a stretch of one point is a mark, of another shape for each kind of line."""
    stretches = list(_stretches([(second, value) for second, value in zip(at, values, strict=True) if value is not None]))
    for stretch in stretches:
        if len(stretch) > 1:
            axes.plot(*zip(*stretch, strict=True), color=hue, linestyle=dash, linewidth=width, dash_capstyle="butt")
    if alone := [stretch[0] for stretch in stretches if len(stretch) == 1]:
        axes.plot(*zip(*alone, strict=True), color=hue, linestyle="", marker=MARKS[DASHES.index(dash)], markersize=4)


def _stretches(points: Sequence[tuple[float, float]]) -> Iterator[list[tuple[float, float]]]:
    """The points, parted where they lie much farther apart than they do as a rule: who acts every two seconds is not silent in between."""
    gaps = [after - before for (before, _), (after, _) in pairwise(points)]
    usual = median(gaps) if gaps else 0.0
    start = 0
    for number, gap in enumerate(gaps, 1):
        if gap > LONG * usual:
            yield list(points[start:number])
            start = number
    if points:
        yield list(points[start:])


def _scale(axes: Axes, values: Sequence[float], spell: Callable[[float], str], top: float | None = None) -> None:
    """The upright axis: from 0, or logarithmic where the values lie far apart."""
    least, most = min(values), max(values)
    if least > 0 and most / least > WIDE:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(10, numticks=6))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(bottom=0, top=top)
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10], integer=top is not None))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(spell(value))))


def _short(text: str) -> str:
    """`10 ms` of `10.0 ms`: round values stand at an axis."""
    return re.sub(r"\.0+(?=\D|$)", "", text)


def _keys(lines: Mapping[str, Any], dashes: Sequence[int] = tuple(range(len(DASHES)))) -> tuple[Key, ...]:
    return tuple(Key(name, INK[HUES[order]], _dasharray(DASHES[dashes[order]])) for order, name in enumerate(lines))


def _dasharray(dash: Any) -> str:
    return "" if isinstance(dash, str) else " ".join(f"{length * 1.6:g}" for length in dash[1])


def _drawn(figure: Figure, name: str, title: str, says: str) -> str:
    """The figure as SVG of its own names, with a title and a description, without style attributes, which the page's policy forbids."""
    default: dict[str, Any] = {key: value for key, value in matplotlib.rcParamsDefault.items() if key not in LOCAL}
    settings: Any = {**default, **STYLE, "svg.hashsalt": name}
    stream = io.BytesIO()
    with matplotlib.rc_context(settings):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(stream.getvalue())
    for element in root.iter():
        _restyle(element, name)
    _describe(root, name, title, says)
    return ElementTree.tostring(root, encoding="unicode")


def _restyle(element: ElementTree.Element, name: str) -> None:
    """Declarations become attributes (fonts are the page's), colours variables; names get the chart's before them."""
    for child in [child for child in element if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}style")]:
        element.remove(child)
    for part in element.attrib.pop("style", "").split(";"):
        key, _, value = (text.strip() for text in part.partition(":"))
        if key and key not in ("font", "stroke-linejoin"):
            element.set(key, f"var({INK[value]})" if value in INK else value)
    for key, value in list(element.attrib.items()):
        if key == "d":
            element.set(key, re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), " ".join(value.split())))
        elif key == "id":
            element.set(key, f"{name}-{value}")
        elif key == f"{{{LINK}}}href" or value.startswith("url(#"):
            element.set(key, value.replace("#", f"#{name}-", 1))
        elif key == "transform" and value.startswith("rotate(-0 "):
            del element.attrib[key]


def _describe(root: ElementTree.Element, name: str, title: str, says: str) -> None:
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.attrib.update({"role": "img", "aria-labelledby": f"{name}-title {name}-says", "class": "chart"})
    for number, (tag, text) in enumerate((("title", title), ("desc", says))):
        child = ElementTree.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{'says' if number else 'title'}"})
        child.text = text
        root.insert(number, child)
