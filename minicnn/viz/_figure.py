"""How all pictures look: figures that ask for no screen, colours that most eyes tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn.training._optional import optional_import

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE = "#2a6fbb", "#d9822b"
# From dark to light in grey, too; blue and red differ for the colour-blind.
SIGNED, POSITIVE = "RdBu_r", "viridis"


def new_figure(op: str, width: float, height: float, figure: Any = None) -> Figure:
    """Return `figure`, or a new one of this size in inches, whose parts make room for each other.

    It does not belong to pyplot, so no window opens and nothing has to be closed.
    """
    if figure is not None:
        return figure
    optional_import("matplotlib", f"viz.{op}", "viz")
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def grid(figure: Figure, rows: int, columns: int) -> list[list[Axes]]:
    """Return the figure's axes, row by row."""
    axes: Any = figure.subplots(rows, columns, squeeze=False)
    return axes.tolist()


def heading(figure: Figure, text: str) -> None:
    """Put the title at the left, above everything."""
    if text:
        figure.suptitle(text, x=0.01, ha="left", fontweight="bold")


def plain(axes: Axes) -> None:
    """Take away the frame's upper and right side, and draw faint lines at the ticks."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)


def bare(axes: Axes) -> None:
    """Take away ticks and frame, as around an image."""
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)


def few_ticks(axes: Axes) -> None:
    """Put few numbers below the axes, so that long ones do not run into each other."""
    axes.locator_params(axis="x", nbins=3)
    axes.ticklabel_format(axis="x", scilimits=(-2, 3), useMathText=True)


def limit_of(values: np.ndarray) -> float:
    """Return the magnitude at which colours end: the largest, but for a few values out of many.

    1 if all are 0 or not finite, so that 0 has its own colour.
    """
    finite = np.abs(values[np.isfinite(values)])
    if not finite.size or not finite.max() > 0:
        return 1.0
    most = float(np.quantile(finite, 0.998)) if finite.size > 5000 else 0.0
    return most or float(finite.max())
