"""The loss around trained weights, along two random directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minicnn._checks import integer
from minicnn.nn.functional import cross_entropy
from minicnn.nn.inspection import check_eval
from minicnn.nn.module import Module
from minicnn.tensor import as_tensor, no_grad
from minicnn.viz._figure import heading, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Landscape(NamedTuple):
    """Losses over a grid of steps.

    Attributes:
        steps: Along each direction, shape (points,); 0 are the weights as they are.
        losses: Row i, column j: the loss after steps[j] along the first direction and steps[i]
            along the second, shape (points, points).
    """

    steps: np.ndarray
    losses: np.ndarray


def loss_grid(
    model: Module,
    x: Any,
    labels: Any,
    *,
    loss: Callable[[Any, Any], Any] = cross_entropy,
    span: float = 1.0,
    points: int = 21,
    seed: int = 0,
) -> Landscape:
    """Compute the loss in a plane through the weights, spanned by two filter-normalised directions.

    Each direction is random; then the part of each filter (each row of a weight) is scaled to the
    norm of that filter, so that a step of 1 changes every filter by its own size. Biases and the
    parameters of norms do not move.

    Args:
        model: The network, in eval mode; it is left as it was.
        x: A batch, shape (N, ...).
        labels: Its labels, as `loss` takes them.
        loss: Called as loss(model(x), labels).
        span: Length of the longest step along each direction.
        points: Losses along each side, odd so that the weights themselves are among them.
        seed: Of the directions.

    Returns:
        The steps and the losses.

    Raises:
        ValueError, TypeError: If the model is in training mode, or a setting is out of range.

    Example:
        >>> from minicnn import nn
        >>> x, labels = np.eye(3, dtype=np.float32), np.array([0, 1, 2])
        >>> loss_grid(nn.Linear(3, 3).eval(), x, labels, points=3).losses.shape
        (3, 3)

    Source: Li, Xu, Taylor, Studer & Goldstein, "Visualizing the loss landscape of neural nets",
    NeurIPS 2018, section 4.
    """
    check_eval("loss_landscape", model)
    points = integer("loss_landscape", "points", points)
    if points < 3 or points % 2 == 0:
        raise ValueError(f"loss_landscape: points must be odd and at least 3, got {points}")
    if not 0 < span < np.inf:
        raise ValueError(f"loss_landscape: span must be positive and finite, got {span}")
    rng = np.random.default_rng(seed)
    weights = [p for p in model.parameters() if p.ndim > 1]
    original = [p.data.copy() for p in weights]
    first, second = ([_direction(w, rng) for w in original] for _ in range(2))
    steps = np.linspace(-span, span, points)
    steps[points // 2] = 0.0
    losses = np.empty((points, points))
    batch = as_tensor(x)
    try:
        for i, j in np.ndindex(points, points):
            for p, w, a, b in zip(weights, original, first, second):
                p.data[...] = w + steps[j] * a + steps[i] * b
            with no_grad():
                losses[i, j] = loss(model(batch), labels).item()
    finally:
        for p, w in zip(weights, original):
            p.data[...] = w
    return Landscape(steps, losses)


def _direction(weight: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a direction whose part for each filter has that filter's norm."""
    drawn = rng.standard_normal(weight.shape)
    axes = tuple(range(1, weight.ndim))
    norms = np.sqrt((weight.astype(np.float64) ** 2).sum(axis=axes, keepdims=True))
    return drawn * norms / np.sqrt((drawn**2).sum(axis=axes, keepdims=True))


def loss_landscape(
    model: Module,
    x: Any,
    labels: Any,
    *,
    loss: Callable[[Any, Any], Any] = cross_entropy,
    span: float = 1.0,
    points: int = 21,
    seed: int = 0,
    title: str = "The loss around the trained weights",
    figure: Any = None,
) -> Figure:
    """Draw the loss in a plane through the weights: `loss_grid` as a map with contours.

    Args:
        model, x, labels, loss, span, points, seed: See `loss_grid`.
        title: Stands above.
        figure: A matplotlib Figure or SubFigure to draw into; a new one if left out.

    Returns:
        The figure. A cross marks the weights as they are; neighbouring contours differ by a factor.

    Raises:
        ValueError, TypeError: As `loss_grid`.

    Example:
        >>> from minicnn import nn
        >>> x, labels = np.eye(3, dtype=np.float32), np.array([0, 1, 2])
        >>> figure = loss_landscape(nn.Linear(3, 3).eval(), x, labels, points=3)
        >>> figure.axes[0].get_xlabel()
        'step along the first random direction (1 = the length of each filter)'
    """
    settings: dict[str, Any] = dict(loss=loss, span=span, points=points, seed=seed)
    steps, losses = loss_grid(model, x, labels, **settings)
    figure = new_figure("loss_landscape", 7.5, 6.2, figure)
    axes = figure.subplots()
    from matplotlib.colors import LogNorm  # after the check that matplotlib is there

    low = max(float(losses.min()), 1e-12)
    levels = np.geomspace(low, max(float(losses.max()), 1.01 * low), 15)
    norm = LogNorm(low, levels[-1])
    drawn = axes.pcolormesh(steps, steps, losses, cmap="viridis", norm=norm, shading="gouraud")
    axes.contour(steps, steps, losses, levels=levels, colors="white", linewidths=0.8)
    axes.plot(0, 0, marker="+", markersize=14, markeredgewidth=2.5, color="black")
    centre = float(losses[len(steps) // 2, len(steps) // 2])
    axes.annotate(
        f"as trained: {centre:.3g}", (0, 0), xytext=(10, 8), textcoords="offset points",
        bbox=dict(facecolor="white", edgecolor="none", alpha=0.85, pad=2),
    )  # fmt: skip
    axes.set_aspect("equal")
    axes.set_xlabel("step along the first random direction (1 = the length of each filter)")
    axes.set_ylabel("step along the second random direction")
    bar: Any = figure.colorbar(drawn, ax=axes, label="loss (log scale)")
    bar.outline.set_visible(False)
    heading(figure, title)
    return figure
