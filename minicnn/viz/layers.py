"""What a layer holds and what it gives: its kernels, and its maps for one image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn.nn.conv_transpose import ConvTranspose2d
from minicnn.nn.inspection import batch_of_one, check_eval, layer_of
from minicnn.nn.module import Module
from minicnn.viz._figure import POSITIVE, SIGNED, bare, heading, limit_of, new_figure
from minicnn.viz._mosaic import mosaic, number_tiles
from minicnn.viz.activations import activations
from minicnn.viz.images import displayable, draw_image

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

IMAGE, MAPS = 1.2, 9.6  # inches across that the image and the maps beside it take


def filters(
    model: Module, layer: str, *, most: int = 64, title: str | None = None, figure: Any = None
) -> Figure:
    """Draw the kernels of a convolution as a grid.

    Kernels over one channel are maps of their weights: blue below 0, red above. Those over three
    are coloured images, in which grey stands for 0. Those over more channels fill a table: a row
    for each kernel, a column for each channel it reads.

    Args:
        model: The network.
        layer: Dotted name of a layer whose weight has shape (C_out, C_in // groups, K_h, K_w).
        most: Kernels to draw at most, and in a table channels as well.
        title: Stands above; the layer's name and size if left out.
        figure: A matplotlib Figure or SubFigure to draw into; a new one if left out.

    Returns:
        The figure.

    Raises:
        ValueError: If there is no such layer (the message lists those there are), or it has no
            kernels.

    Example:
        >>> from minicnn import nn
        >>> figure = filters(nn.Sequential(nn.Conv2d(1, 6, 5)), "0")
        >>> figure.get_suptitle()
        '0: 6 kernels of 1 x 5 x 5'
    """
    module = layer_of("filters", model, layer)
    weight: Any = getattr(module, "weight", None)
    if weight is None or weight.ndim != 4:
        raise ValueError(
            f"filters: {layer} is a {type(module).__name__}, which has no 2-D kernels; those with"
            f" kernels are {', '.join(_with_kernels(model)) or 'none'}"
        )
    kernels = np.array(weight.data)
    if isinstance(module, ConvTranspose2d):  # stores the channels that it reads first
        kernels = kernels.swapaxes(0, 1)
    C_out, C_in = kernels.shape[:2]
    shown = kernels[:most]
    limit = limit_of(shown)
    if title is None:
        title = f"{layer}: {C_out} kernels of {' x '.join(map(str, kernels.shape[1:]))}"
        title += f", the first {most}" if C_out > most else ""
    if C_in in (1, 3):
        columns = math.ceil(math.sqrt(2 * len(shown)))
        tiles = np.moveaxis(shown, 1, -1) if C_in == 3 else shown[:, 0]
    else:
        shown = shown[:, :most]
        columns, tiles = shown.shape[1], shown.reshape(-1, *shown.shape[2:])
    picture = mosaic(0.5 + tiles / (2 * limit) if C_in == 3 else tiles, columns)
    height, width = (8.5 * side / max(picture.shape[:2]) for side in picture.shape[:2])  # inches
    figure = new_figure("filters", max(width, 3) + 1, height + 0.8, figure)
    axes = figure.subplots()
    if C_in == 3:
        bare(axes)
        axes.imshow(picture)
    else:
        _with_bar(axes, picture, limit, True, "weight")
    if C_in in (1, 3):
        number_tiles(axes, tiles.shape, columns, "kernel")
    else:
        number_tiles(axes, tiles.shape, columns, "kernel", "channel that it reads")
    heading(figure, title)
    return figure


def feature_maps(
    model: Module,
    image: Any,
    layers: str | Sequence[str],
    *,
    most: int = 16,
    title: str = "",
    figure: Any = None,
) -> Figure:
    """Draw what layers make of one image: a row of maps for each layer.

    Naming a convolution, its ReLU and its pooling shows one below the other what each does.

    Args:
        model: The network, in eval mode.
        image: What the model takes, shape (C, H, W) or (1, C, H, W).
        layers: Dotted names, one or several.
        most: Maps to draw of each layer at most, its first ones.
        title: Stands above all.
        figure: A matplotlib Figure or SubFigure to draw into; a new one if left out.

    Returns:
        The figure. All maps of a layer have one scale, on the bar beside them: blue below 0, white
        at 0 and red above for a layer that gives negative values, else dark at 0.

    Raises:
        ValueError: If a layer does not exist (the message lists those that do), the model is in
            training mode, or there is more than one image.

    Example:
        >>> from minicnn import nn
        >>> model = nn.Sequential(nn.Conv2d(1, 6, 3), nn.ReLU()).eval()
        >>> figure = feature_maps(model, np.ones((1, 8, 8), np.float32), ["0", "1"])
        >>> figure.axes[1].get_title(loc="left")
        '0 (Conv2d): 6 maps of 6 x 6'
    """
    names = [layers] if isinstance(layers, str) else list(layers)
    check_eval("feature_maps", model)
    x = batch_of_one("feature_maps", "image", image)
    found = {name: layer_of("feature_maps", model, name) for name in names}
    given = activations(model, x, names)
    most = min(most, max((y.shape[1] for y in given.values() if y.ndim == 4), default=most))
    heights = [_row_height(given[name], most) for name in names]  # inches
    figure = new_figure("feature_maps", 12, sum(heights) + 0.5 * len(names) + 0.5, figure)
    places = figure.add_gridspec(
        len(names), 2, width_ratios=[1, MAPS / IMAGE], height_ratios=[h + 0.3 for h in heights]
    )
    _draw_input(figure.add_subplot(places[0, 0]), x[0])
    for row, name in enumerate(names):
        axes = figure.add_subplot(places[row, 1])
        maps = given[name][0]
        text = f"{name} ({type(found[name]).__name__}): "
        axes.set_title(text + _draw_maps(axes, maps, most), fontsize="medium", loc="left")
    heading(figure, title)
    return figure


def _row_height(maps: np.ndarray, columns: int) -> float:
    """Return the inches that a row of maps (1, C, H, W), or of values (1, C), needs."""
    if maps.ndim != 4:
        return 0.35
    return float(np.clip(MAPS * maps.shape[2] / (columns * maps.shape[3]), 0.5, 2.5))


def _with_kernels(model: Module) -> list[str]:
    return [
        name
        for name, module in model.named_modules()
        if name and getattr(getattr(module, "weight", None), "ndim", 0) == 4
    ]


def _draw_input(axes: Axes, image: np.ndarray) -> None:
    inside = image.min() >= 0 and image.max() <= 1 and image.shape[0] in (1, 3)
    bare(axes)
    if inside:
        draw_image(axes, displayable("feature_maps", image), "photo")
    else:  # normalised, or of other channels: their mean, without a claim about its values
        axes.imshow(image.mean(axis=0), cmap="gray")
    axes.set_title("the image", fontsize="medium", loc="left")


def _draw_maps(axes: Axes, maps: np.ndarray, most: int) -> str:
    """Draw maps of shape (C, H, W), or a row of values (C,), and return what they are."""
    signed, limit = bool(maps.min() < 0), limit_of(maps)
    if maps.ndim == 1:
        _with_bar(axes, maps[np.newaxis], limit, signed, "")
        axes.set_aspect("auto")
        axes.set_xticks(range(0, len(maps), 1 + len(maps) // 32))
        axes.set_yticks([])
        return f"{len(maps)} values"
    shown = maps[:most]
    _with_bar(axes, mosaic(shown, most), limit, signed, "")
    number_tiles(axes, shown.shape, most, "")
    text = f"{len(maps)} maps of {maps.shape[1]} x {maps.shape[2]}"
    return text + (f", the first {most}" if len(maps) > most else "")


def _with_bar(axes: Axes, picture: np.ndarray, limit: float, signed: bool, label: str) -> None:
    low, colours = (-limit, SIGNED) if signed else (0.0, POSITIVE)
    drawn = axes.imshow(picture, cmap=colours, vmin=low, vmax=limit)
    axes.spines[:].set_visible(False)
    bar: Any = axes.figure.colorbar(drawn, ax=axes, fraction=0.03, pad=0.01, label=label)
    bar.outline.set_visible(False)
