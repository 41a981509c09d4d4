"""Images side by side: photos, maps of values around 0, maps of positive values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn.viz._figure import POSITIVE, SIGNED, bare, grid, heading, limit_of, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCALES = ("photo", "signed", "positive")


def images(
    images: Sequence[Any],
    titles: Sequence[str] = (),
    *,
    scale: str | Sequence[str] = "photo",
    columns: int | None = None,
    title: str = "",
    figure: Any = None,
) -> Figure:
    """Draw images in a grid.

    Args:
        images: Each of shape (H, W), (1, H, W), (H, W, 3) or (3, H, W).
        titles: One above each image.
        scale: What values mean, of all images or of each: "photo", brightness from 0 to 1 (or
            bytes); "signed", blue below 0, red above, white at 0, with a bar that says how much;
            "positive", dark at 0 and brightest at the largest value, with a bar. A bar with a
            pointed end says that 2 in 1000 values of a large map lie beyond.
        columns: Images in a row; at most 4 if left out.
        title: Stands above all.
        figure: A matplotlib Figure or SubFigure to draw into; a new one if left out.

    Returns:
        The figure. `figure.savefig("images.png")` writes it.

    Raises:
        ValueError: If an image has another shape, or a "photo" has values outside of 0 to 1.
        ImportError: If matplotlib is missing (the extra `viz`).

    Example:
        >>> len(images([np.zeros((4, 4)), np.ones((4, 4))], ["black", "white"]).axes)
        2
    """
    scales = [scale] * len(images) if isinstance(scale, str) else list(scale)
    if len(scales) != len(images) or (titles and len(titles) != len(images)):
        raise ValueError(
            f"images: {len(images)} images, but {len(titles)} titles and {len(scales)} scales"
        )
    if not len(images):
        raise ValueError("images: no image was given")
    shown = [displayable("images", each, kind) for each, kind in zip(images, scales)]
    columns = min(len(shown), 4) if columns is None else columns
    rows = -(-len(shown) // columns)
    tallest = max(each.shape[0] / each.shape[1] for each in shown)
    size = (11 if set(scales) == {"photo"} else 10) / columns  # inches; bars need some
    figure = new_figure("images", 11, rows * (size * tallest + 0.35) + 0.4, figure)
    axes = [ax for row in grid(figure, rows, columns) for ax in row]
    for ax, each, kind in zip(axes, shown, scales):
        draw_image(ax, each, kind)
    for ax, text in zip(axes, titles):
        ax.set_title(text, fontsize="medium", loc="left")
    for ax in axes[len(shown) :]:
        ax.remove()
    heading(figure, title)
    return figure


def draw_image(axes: Axes, image: np.ndarray, scale: str, limit: float | None = None) -> Any:
    """Draw one image that `displayable` returned; maps get a bar beside them."""
    bare(axes)
    if scale == "photo":
        return axes.imshow(image, cmap="gray", vmin=0, vmax=1)
    limit = limit_of(image) if limit is None else limit
    if scale == "signed":
        drawn = axes.imshow(image, cmap=SIGNED, vmin=-limit, vmax=limit)
    else:
        drawn = axes.imshow(image, cmap=POSITIVE, vmin=0, vmax=limit)
    beyond = float(np.abs(image[np.isfinite(image)]).max(initial=0)) > limit
    ends = {"signed": "both", "positive": "max"}[scale] if beyond else "neither"
    bar = axes.figure.colorbar(drawn, ax=axes, shrink=0.8, aspect=25, pad=0.02, extend=ends)
    bar.outline.set_visible(False)
    return drawn


def displayable(op: str, image: Any, scale: str = "photo") -> np.ndarray:
    """Return an image as matplotlib takes it, shape (H, W) or (H, W, 3), photos from 0 to 1.

    Raises:
        ValueError: If it has another shape or range; says what would help.
    """
    if scale not in SCALES:
        raise ValueError(f"{op}: scale must be one of {', '.join(SCALES)}, got {scale!r}")
    array = np.asarray(image)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{op}: an image must hold real numbers, got {array.dtype}")
    if array.ndim == 3 and array.shape[0] in (1, 3) and array.shape[2] != 3:
        array = array[0] if array.shape[0] == 1 else np.moveaxis(array, 0, -1)
    elif array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    colours = array.ndim == 3 and array.shape[2] == 3 and scale == "photo"
    if not (array.ndim == 2 or colours) or not array.size:
        hint = "; pass one image of the batch, as in x[0]" if array.ndim == 4 else ""
        hint = hint or ("; maps have one channel" if scale != "photo" else "")
        raise ValueError(
            f"{op}: an image must have shape (H, W), (1, H, W), (H, W, 3) or (3, H, W), got"
            f" {array.shape}{hint}"
        )
    if scale != "photo":
        return array.astype(np.float64)
    return _from_zero_to_one(op, array)


def _from_zero_to_one(op: str, array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return array / 255.0
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 1):  # also false for NaN
        hint = (
            "divide by 255"
            if low >= 0 and high <= 255
            else "undo the normalisation (x * std + mean), or take scale='signed' for other maps"
        )
        raise ValueError(
            f"{op}: an image must be uint8, or have values from 0 to 1, got {low:.3g} to"
            f" {high:.3g}: {hint}"
        )
    return array.astype(np.float64)
