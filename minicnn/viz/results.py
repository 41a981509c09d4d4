"""What a classifier gets right and wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn.metrics.classification import predicted_and_true
from minicnn.viz._figure import grid, heading, new_figure
from minicnn.viz.images import displayable, draw_image

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def confusion_matrix(
    counts: Any, classes: Sequence[Any] = (), *, title: str | None = None, figure: Any = None
) -> Figure:
    """Draw a confusion matrix: how often each class is taken for each.

    Args:
        counts: As `minicnn.metrics.confusion_matrix` returns them, shape (classes, classes): row i,
            column j holds the samples of class i that were predicted as j.
        classes: Names of the classes; 0, 1, ... if left out.
        title: Stands above; how many are right, if left out.
        figure: A matplotlib Figure or SubFigure to draw into; a new one if left out.

    Returns:
        The figure. Colours are shares of a row, so that rare classes show as well.

    Raises:
        ValueError: If the matrix is not square or names do not fit it.

    Example:
        >>> figure = confusion_matrix([[8, 2], [0, 10]], ["cat", "dog"])
        >>> figure.get_suptitle()
        '18 of 20 right (90.0 %)'
    """
    table = np.asarray(counts)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not table.size:
        raise ValueError(
            f"confusion_matrix: counts must have shape (classes, classes), got {table.shape}"
        )
    n = len(table)
    names = [str(name) for name in (classes or range(n))]
    if len(names) != n:
        raise ValueError(f"confusion_matrix: {n} classes, but {len(names)} names: {names}")
    total, right = int(table.sum()), int(np.trace(table))
    size = max(4.5, 0.5 * n + 1.2)
    figure = new_figure("confusion_matrix", size + 0.8, size, figure)
    axes = figure.subplots()
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    drawn = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.argwhere(table > 0):
        color = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(table[row, column]), ha="center", va="center", color=color)
    turn = 45 if max(map(len, names)) > 3 else 0
    axes.set_xticks(range(n), names, rotation=turn, ha="right" if turn else "center")
    axes.set_yticks(range(n), names)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    bar: Any = figure.colorbar(drawn, ax=axes, label="share of the true class", shrink=0.8)
    bar.outline.set_visible(False)
    default = f"{right:,} of {total:,} right ({100 * right / total if total else 0:.1f} %)"
    heading(figure, default if title is None else title)
    return figure


def misclassified(
    images: Any,
    labels: Any,
    scores: Any,
    classes: Sequence[Any] = (),
    *,
    most: int = 16,
    title: str | None = None,
    figure: Any = None,
) -> Figure:
    """Draw the images that a classifier gets wrong, those it is surest of first.

    Args:
        images: Shape (N, C, H, W), values from 0 to 1 (undo a normalisation first).
        labels: True classes, shape (N,).
        scores: Logits of the model, shape (N, classes).
        classes: Names of the classes; 0, 1, ... if left out.
        most: Images to draw at most.
        title: Stands above; how many are wrong, if left out.
        figure: A matplotlib Figure or SubFigure to draw into; a new one if left out.

    Returns:
        The figure. Each image says its true class, the predicted one and the probability that
        softmax gives to that.

    Raises:
        ValueError: If shapes do not fit, none is wrong, or values are not from 0 to 1.

    Example:
        >>> figure = misclassified(np.zeros((2, 1, 4, 4)), [0, 1], [[3.0, 0.0], [2.0, 0.0]])
        >>> figure.axes[0].get_title(loc="left")
        'is 1, taken for 0 (88 %)'
    """
    pixels, logits = np.asarray(images), np.asarray(scores, np.float64)
    guess, true = predicted_and_true("misclassified", logits, labels)
    if pixels.ndim != 4 or len(pixels) != len(true) or logits.ndim != 2:
        raise ValueError(
            f"misclassified: images must have shape (N, C, H, W), labels (N,), scores (N, classes),"
            f" got {pixels.shape}, {true.shape}, {logits.shape}"
        )
    wrong = np.flatnonzero(guess != true)
    if not len(wrong):
        raise ValueError(f"misclassified: all of the {len(true)} images are classified right")
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    sure = (exps / exps.sum(axis=1, keepdims=True)).max(axis=1)
    shown = wrong[np.argsort(-sure[wrong], kind="stable")][:most]
    names = [str(name) for name in (classes or range(logits.shape[1]))]
    columns = min(4, len(shown))
    rows = math.ceil(len(shown) / columns)
    figure = new_figure("misclassified", 2.2 * columns, 2.15 * rows + 0.5, figure)
    places = [axes for row in grid(figure, rows, columns) for axes in row]
    for axes, i in zip(places, shown):
        draw_image(axes, displayable("misclassified", pixels[i]), "photo")
        text = f"is {names[true[i]]}, taken for {names[guess[i]]} ({100 * sure[i]:.0f} %)"
        axes.set_title(text, fontsize="small", loc="left")
    for axes in places[len(shown) :]:
        axes.remove()
    default = f"{len(wrong):,} of {len(true):,} images are taken for another class"
    default += f"; the {len(shown)} surest of them" if len(shown) < len(wrong) else ""
    heading(figure, default if title is None else title)
    return figure
