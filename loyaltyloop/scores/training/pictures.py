"""The plots of model cards as SVG, on a light ground of their own: read on a light page and on a dark one."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from loyaltyloop.scores.training.judging import LIVE, NEW, Plot, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# What is written is at least 7 : 1 against the ground, what is drawn 3 : 1.
_GROUND, _INK = "#fafaf9", "#44403c"
_NEW, _LIVE = "#1d6fd8", "#c2571a"
_OTHERS = ("#23875a", "#9a4fbd", "#85751c", "#6b6b6b")
_MARKS = "os^Dvx"
_SIZE = (6.4, 4.0)  # inches
_STYLE: Any = {
    "svg.fonttype": "none",  # letters stay letters
    "svg.hashsalt": "loyalty loop",  # the same plot gives the same bytes
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": _INK,
    "figure.facecolor": _GROUND,
    "axes.facecolor": _GROUND,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.titlecolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "legend.frameon": False,
}


def svg(plot: Plot) -> bytes:
    """The picture; the same plot gives the same bytes."""
    # Imported here: it takes most of a second, and only who looks at a card wants it.
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context(_STYLE):
        figure = Figure(figsize=_SIZE, layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        (_lines if plot.kind == "line" else _bars)(axes, plot)
        axes.set_title(plot.title, loc="left")
        axes.set_xlabel(plot.x)
        axes.set_ylabel(plot.y)
        axes.grid(axis="y", color=_INK, alpha=0.25, linewidth=0.8)
        axes.set_axisbelow(True)
        figure.legend(loc="outside lower center", ncols=3)
        out = BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _lines(axes: Axes, plot: Plot) -> None:
    for place, one in enumerate(plot.series):
        axes.plot(
            [float(x) for x in one.x],
            one.y,
            color=_colour(plot, place),
            marker=_MARKS[place % len(_MARKS)],
            markersize=4,
            linewidth=1.6,
            label=one.name,
            zorder=2.9 - place / 10,  # what was fitted last lies on top
        )
    if plot.diagonal:
        values = [float(value) for one in plot.series for value in (*one.x, *one.y)] or [1.0]
        axes.plot([0, max(values)], [0, max(values)], color=_INK, linewidth=1, linestyle="--")


def _bars(axes: Axes, plot: Plot) -> None:
    labels = list(dict.fromkeys(str(x) for one in plot.series for x in one.x))
    width = 0.8 / max(len(plot.series), 1)
    for place, one in enumerate(plot.series):
        left = (place + 0.5) * width - 0.4
        across = [labels.index(str(x)) + left for x in one.x]
        axes.bar(across, one.y, width * 0.92, yerr=_errors(one), **_look(plot, place, one))
    axes.set_xticks(range(len(labels)), [label.replace(" (", "\n(") for label in labels])


def _look(plot: Plot, place: int, one: Series) -> dict[str, Any]:
    return {"color": _colour(plot, place), "label": one.name, "ecolor": _INK, "error_kw": {"elinewidth": 1}}


def _errors(one: Series) -> list[list[float]] | None:
    if not one.low:
        return None
    below = [max(y - low, 0.0) for y, low in zip(one.y, one.low, strict=True)]
    return [below, [max(high - y, 0.0) for y, high in zip(one.y, one.high, strict=True)]]


def _colour(plot: Plot, place: int) -> str:
    name = plot.series[place].name
    if name in (NEW, LIVE):
        return _NEW if name == NEW else _LIVE
    others = [one.name for one in plot.series if one.name not in (NEW, LIVE)]
    return _OTHERS[others.index(name) % len(_OTHERS)]
