"""Which pixels one unit of a layer can see, and which of them matter to it most."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minicnn._checks import integer
from minicnn.nn.inspection import batch_of_one, check_eval, examined, layer_of
from minicnn.nn.module import Module
from minicnn.tensor import Tensor
from minicnn.viz._figure import ORANGE, POSITIVE, bare, grid, heading, limit_of, new_figure
from minicnn.viz.activations import activations
from minicnn.viz.images import displayable, draw_image

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Field(NamedTuple):
    """The pixels that a unit can see: those in any of these rows and any of these columns.

    Attributes:
        rows: Whether it sees anything of row h, shape (H,).
        columns: Whether it sees anything of column w, shape (W,).
    """

    rows: np.ndarray
    columns: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the rectangle around them."""
        height, width = (_extent(seen) for seen in self)
        return height[1] - height[0], width[1] - width[0]


def receptive_field_of(
    model: Module, layer: str, unit: Sequence[int], input_shape: Sequence[int]
) -> Field:
    """Return which rows and columns of the input one unit depends on.

    Found by trying: an image whose row h is NaN gives NaN wherever row h is seen, through every
    convolution, pooling and addition, whatever the weights. So it holds for branches, dilation and
    strides as well, and is cut off where the unit reaches over the edge. It runs in float64, whose
    kernels read no pixel that the definition does not read.

    Args:
        model: The network, in eval mode.
        layer: Dotted name of a layer.
        unit: Which of its outputs: (c, h, w), or (c,) of a layer without places.
        input_shape: (C, H, W).

    Returns:
        The rows and columns; all of them once a fully connected layer was passed.

    Raises:
        ValueError: If there is no such layer or unit, or the model is in training mode.

    Example:
        >>> from minicnn import nn
        >>> model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3)).eval()
        >>> receptive_field_of(model, "2", (0, 1, 1), (1, 16, 16)).size
        (8, 8)
    """
    check_eval("receptive_field", model)
    layer_of("receptive_field", model, layer)
    shape = tuple(integer("receptive_field", "input_shape", n) for n in input_shape)
    if len(shape) != 3 or min(shape) < 1:
        raise ValueError(f"receptive_field: input_shape must be (C, H, W), got {shape}")
    double = copy.deepcopy(model).double()
    found = []
    for axis in (1, 2):
        probes = np.zeros((shape[axis], *shape))
        for i in range(shape[axis]):
            np.moveaxis(probes[i], axis, 0)[i] = np.nan
        y = activations(double, probes, [layer])[layer]
        index: Any = (slice(None), *checked_unit(unit, y.shape[1:]))
        found.append(np.isnan(y[index]))
    return Field(found[0], found[1])


def receptive_field(
    model: Module,
    image: Any,
    layer: str,
    unit: Sequence[int],
    *,
    title: str | None = None,
    figure: Any = None,
) -> Figure:
    """Draw what one unit sees of an image, and how strongly each pixel moves it.

    Args:
        model: The network, in eval mode.
        image: What it takes, shape (C, H, W) or (1, C, H, W), values from 0 to 1.
        layer: Dotted name of a layer.
        unit: Which of its outputs: (c, h, w), or (c,) of a layer without places.
        title: Stands above; the unit and the size of its field, if left out.
        figure: A matplotlib Figure or SubFigure to draw into; a new one if left out.

    Returns:
        The figure: the image with a frame around the field, and |d unit / d pixel|, summed over
        channels.

    Raises:
        ValueError: If there is no such layer or unit, the model is in training mode, or there is
            more than one image.

    Example:
        >>> from minicnn import nn
        >>> model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3)).eval()
        >>> figure = receptive_field(model, np.ones((1, 9, 9), np.float32), "2", (0, 2, 2))
        >>> figure.get_suptitle()
        'Unit (0, 2, 2) of layer 2 sees 5 x 5 of 9 x 9 pixels'

    Source: Luo, Li, Urtasun & Zemel, "Understanding the effective receptive field in deep
    convolutional neural networks", NeurIPS 2016, section 2, for the gradient's share.
    """
    x = batch_of_one("receptive_field", "image", image)
    shape = x.shape[1:]
    picture = displayable("receptive_field", x[0])
    field = receptive_field_of(model, layer, unit, shape)
    influence = np.abs(unit_gradient(model, x, layer, unit))[0].sum(axis=0)
    figure = new_figure("receptive_field", 9.5, 4.8, figure)
    left, right = grid(figure, 1, 2)[0]
    draw_image(left, picture, "photo")
    bare(right)
    drawn = right.imshow(influence, cmap=POSITIVE, vmin=0, vmax=limit_of(influence))
    bar: Any = figure.colorbar(drawn, ax=right, shrink=0.8, pad=0.02)
    bar.outline.set_visible(False)
    for axes in (left, right):
        _frame(axes, field)
    left.set_title("What it can see", fontsize="medium", loc="left")
    right.set_title("|d unit / d pixel|: what moves it", fontsize="medium", loc="left")
    at = ", ".join(str(i) for i in unit)
    (height, width), (H, W) = field.size, shape[1:]
    default = f"Unit ({at}) of layer {layer} sees {height} x {width} of {H} x {W} pixels"
    heading(figure, default if title is None else title)
    return figure


def unit_gradient(model: Module, x: np.ndarray, layer: str, unit: Sequence[int]) -> np.ndarray:
    """Return d unit / d x, shape (1, C, H, W)."""
    taken: list[Tensor] = []
    module = layer_of("receptive_field", model, layer)
    leaf = Tensor(x, requires_grad=True)
    with examined("receptive_field", model):
        with module.register_forward_hook(lambda module, args, y: taken.append(y)):
            model(leaf)
        y = taken[-1]
        index: Any = (0, *checked_unit(unit, y.shape[1:]))
        y[index].backward()
    return np.zeros_like(x) if leaf.grad is None else leaf.grad


def checked_unit(unit: Sequence[int], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the unit's index; raise ValueError if a layer of this shape has none such."""
    if not isinstance(unit, (tuple, list)):
        raise TypeError(f"receptive_field: unit must be ints such as (c, h, w), got {unit!r}")
    index = tuple(integer("receptive_field", "unit", i) for i in unit)
    if len(index) != len(shape) or any(not 0 <= i < n for i, n in zip(index, shape)):
        raise ValueError(
            f"receptive_field: the layer gives {shape} values for one image, among which there is"
            f" no unit {index}"
        )
    return index


def _extent(seen: np.ndarray) -> tuple[int, int]:
    places = np.flatnonzero(seen)
    return (int(places[0]), int(places[-1]) + 1) if len(places) else (0, 0)


def _frame(axes: Any, field: Field) -> None:
    from matplotlib.patches import Rectangle

    (top, bottom), (left, right) = (_extent(seen) for seen in field)
    box = Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False)
    box.set(edgecolor=ORANGE, linewidth=2.5)
    box.set_clip_on(False)  # it may lie on the image's edge
    axes.add_patch(box)
