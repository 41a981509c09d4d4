"""How training went, and what it did to the weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn.nn.module import Module
from minicnn.viz._figure import BLUE, ORANGE, few_ticks, grid, heading, new_figure, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from minicnn.training.history import History


def learning_curves(history: History, *, title: str = "Training", figure: Any = None) -> Figure:
    """Draw each logged quantity over the epochs, training and validation together.

    Args:
        history: What `Trainer.fit` returned.
        title: Stands above the curves.
        figure: A matplotlib Figure or SubFigure to draw into; a new one if left out.

    Returns:
        The figure; one axes for the loss and one for each metric that is a number.

    Raises:
        ValueError: If no epoch has been logged.

    Example:
        >>> from minicnn.training import History
        >>> history = History([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0}])
        >>> figure = learning_curves(history)
        >>> figure.axes[0].get_ylabel()
        'loss'
    """
    if not len(history):
        raise ValueError("learning_curves: no epoch has been logged")
    names = [name for name in history.names() if _is_drawn(history, name)]
    if not names:
        raise ValueError(f"learning_curves: nothing to draw among {history.names()}")
    figure = new_figure("learning_curves", 6 * len(names), 4, figure)
    for axes, name in zip(grid(figure, 1, len(names))[0], names):
        _draw_curves(axes, history, name)
    heading(figure, title)
    return figure


def _is_drawn(history: History, name: str) -> bool:
    if name in ("epoch", "seconds", "lr") or name.startswith("val_"):
        return False
    return all(isinstance(logs.get(name, 0.0), (int, float)) for logs in history)


def _draw_curves(axes: Axes, history: History, name: str) -> None:
    for key, color, label in ((name, BLUE, "training"), (f"val_{name}", ORANGE, "validation")):
        points = [(logs["epoch"], logs[key]) for logs in history if key in logs]
        if points:
            marker = "o" if len(points) < 3 else None  # a line needs two points
            axes.plot(*zip(*points), color=color, linewidth=2, label=label, marker=marker)
    plain(axes)
    axes.set_xlabel("epoch")
    axes.set_ylabel(name.replace("_", " "))
    whole: Any = axes.xaxis.get_major_locator()
    whole.set_params(integer=True)
    axes.legend(frameon=False)


def weight_histograms(
    model: Module,
    *,
    bins: int = 40,
    columns: int = 4,
    title: str = "Weights, layer by layer",
    figure: Any = None,
) -> Figure:
    """Draw how the values of each weight are distributed.

    Args:
        model: The network; its parameters of at least two axes are drawn (no biases).
        bins: Bars of each histogram.
        columns: Histograms in a row.
        title: Stands above all.
        figure: A matplotlib Figure or SubFigure to draw into; a new one if left out.

    Returns:
        The figure; one axes for each weight, with its standard deviation.

    Raises:
        ValueError: If there is no weight.

    Example:
        >>> from minicnn import nn
        >>> len(weight_histograms(nn.Sequential(nn.Conv2d(1, 4, 3), nn.Linear(4, 2))).axes)
        2
    """
    weights = {name: p.data for name, p in model.named_parameters() if p.ndim > 1}
    op, look = "weight_histograms", ("value of a weight", BLUE, bins, columns)
    return _histograms(op, weights, look, title, figure)


def gradient_histograms(
    model: Module,
    *,
    bins: int = 40,
    columns: int = 4,
    title: str = "Gradients, layer by layer",
    figure: Any = None,
) -> Figure:
    """Draw how the gradients of each weight are distributed: vanishing ones are seen at once.

    Args:
        model: The network after `loss.backward()`.
        bins: Bars of each histogram.
        columns: Histograms in a row.
        title: Stands above all.
        figure: A matplotlib Figure or SubFigure to draw into; a new one if left out.

    Returns:
        The figure; one axes for each weight, with its standard deviation.

    Raises:
        ValueError: If a weight has no gradient.

    Example:
        >>> from minicnn import Tensor, nn
        >>> model = nn.Linear(3, 2)
        >>> model(Tensor([[1.0, 2.0, 3.0]])).sum().backward()
        >>> gradient_histograms(model).axes[0].get_xlabel()
        'value of a gradient'
    """
    op = "gradient_histograms"
    weights = {name: p for name, p in model.named_parameters() if p.ndim > 1}
    without = [name for name, p in weights.items() if p.grad is None]
    if without:
        raise ValueError(
            f"{op}: no gradient of {', '.join(without)}: call loss.backward() first, and draw"
            " before optimizer.zero_grad()"
        )
    grads = {name: np.asarray(p.grad) for name, p in weights.items()}
    look = ("value of a gradient", ORANGE, bins, columns)
    return _histograms(op, grads, look, title, figure)


def _histograms(
    op: str,
    arrays: dict[str, np.ndarray],
    look: tuple[str, str, int, int],  # label, color, bins, columns
    title: str,
    figure: Any,
) -> Figure:
    if not arrays:
        raise ValueError(f"{op}: the model has no parameter of at least two axes")
    label, color, bins, columns = look
    columns = min(columns, len(arrays))
    rows = math.ceil(len(arrays) / columns)
    figure = new_figure(op, 3.2 * columns, 2.5 * rows + 0.5, figure)
    places = [axes for row in grid(figure, rows, columns) for axes in row]
    for axes, (name, array) in zip(places, arrays.items()):
        values = array.ravel().astype(np.float64)
        finite = values[np.isfinite(values)]
        axes.hist(finite, bins=bins, color=color)
        plain(axes)
        few_ticks(axes)
        lost = f", {values.size - finite.size} not finite" if finite.size < values.size else ""
        axes.set_title(f"{name}: std {finite.std():.2g}{lost}", fontsize="medium", loc="left")
        axes.set_xlabel(label)
        axes.set_ylabel("how many")
    for axes in places[len(arrays) :]:
        axes.remove()
    heading(figure, title)
    return figure
