"""The receptive field: which pixels a unit can see, found by going back through the operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn._checks import integer
from minicnn.autograd import Function, nodes_before
from minicnn.interpret._inputs import at_least
from minicnn.interpret._run import layer_output
from minicnn.nn.inspection import checked_model, examined, layer_of
from minicnn.ops.avg_pool2d import AvgPool2d
from minicnn.ops.conv2d import Conv2d
from minicnn.ops.max_pool2d import MaxPool2d
from minicnn.ops.pad import ConstantPad
from minicnn.ops.shape import check_memory
from minicnn.tensor import Tensor

# Operations whose every value depends on the values at the same place alone (of all channels).
POINTWISE_FILES = ("add", "arithmetic", "batch_norm", "conversion", "elementwise", "rectifiers",
                   "further_activations", "local_response_norm", "relu", "selection", "dropout",
                   "joining")  # fmt: skip
POINTWISE_OTHERS = ("SiLU", "Softplus", "GELU", "TanhGELU")


class Box(NamedTuple):
    """A part of an image: rows top to bottom - 1, columns left to right - 1.

    It may reach over the image's edges, where padding is seen.
    """

    top: int
    left: int
    bottom: int
    right: int

    def clipped(self, height: int, width: int) -> Box:
        """Return the part that lies in an image of this size."""
        return Box(max(self.top, 0), max(self.left, 0), min(self.bottom, height),
                   min(self.right, width))  # fmt: skip


def receptive_field(
    model: Any, layer: Any, position: Sequence[int], image_shape: Sequence[int]
) -> Box:
    """Return which pixels the units at one place of a layer's maps can see.

    A convolution or pooling sees rows r * stride - padding to r * stride - padding
    + dilation * (kernel_size - 1) for its row r; functions of single values see the same place. An
    operation that is neither, such as Linear, is taken to see all of its input.

    Args:
        model: The network, in eval mode. It is left as it is.
        layer: One of its modules, or the dotted name of one, that gives (N, C, h, w) or (N, K).
        position: Row and column of the unit in its map; not looked at for (N, K).
        image_shape: (C, H, W) of the images.

    Returns:
        The box; it reaches over the edges of the image where the unit sees padding.

    Raises:
        ValueError: If the layer or the position does not exist, or the model is in training mode.

    Example:
        >>> from minicnn import nn
        >>> model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2)).eval()
        >>> receptive_field(model, "2", (1, 0), (1, 8, 8))
        Box(top=2, left=0, bottom=6, right=4)

    Source: Araujo, Norris & Sim, "Computing receptive fields of convolutional neural networks",
    Distill, 2019, doi:10.23915/distill.00021.
    """
    op = "receptive_field"
    network = checked_model(op, model)
    module = layer_of(op, network, layer)
    if not isinstance(image_shape, (tuple, list)) or len(image_shape) != 3:
        raise ValueError(f"{op}: image_shape must be (C, H, W), got {image_shape!r}")
    shape = [at_least(op, "image_shape", n, 1) for n in image_shape]
    check_memory(op, tuple(shape))
    first = next(network.parameters(), None)
    x = np.zeros((1, *shape), np.float32 if first is None else first.dtype)
    with examined(op, network):
        leaf = Tensor(x, requires_grad=True)
        y = layer_output(op, network, module, leaf)
    if y.ndim != 4:
        return Box(0, 0, shape[1], shape[2])
    if not isinstance(position, (tuple, list)) or len(position) != 2:
        raise ValueError(f"{op}: position must be (row, column), got {position!r}")
    row, column = (integer(op, "position", p) for p in position)
    if not (0 <= row < y.shape[2] and 0 <= column < y.shape[3]):
        raise ValueError(
            f"{op}: position must be within the map of {y.shape[2]} x {y.shape[3]}, got"
            f" {(row, column)}"
        )
    return seen_from(y, leaf, Box(row, column, row + 1, column + 1))


def seen_from(y: Tensor, leaf: Tensor, box: Box) -> Box:
    """Return which part of `leaf` a part of `y` depends on, both of shape (N, C, H, W)."""
    if y.creator is None:
        return box
    shapes, boxes = {y.creator: y.shape}, {y.creator: box}
    found: Box | None = None
    for node in reversed(nodes_before(y.creator)):
        node_box, node_shape = boxes.pop(node), shapes.pop(node)
        for parent in node.inputs:
            if not parent.requires_grad:
                continue
            seen = _seen_by(node, node_box, node_shape, parent.shape)
            if parent is leaf:
                found = _hull(found, seen)
            elif parent.creator is not None:
                shapes[parent.creator] = parent.shape
                boxes[parent.creator] = _hull(boxes.get(parent.creator), seen)
    height, width = leaf.shape[-2:]
    return Box(0, 0, height, width) if found is None else found


def _seen_by(node: Function, box: Box, y_shape: tuple[int, ...], x_shape: tuple[int, ...]) -> Box:
    """Return which part of an input of shape x_shape a node's values in `box` depend on."""
    if isinstance(node, (Conv2d, MaxPool2d, AvgPool2d)):
        settings: dict[str, Any] = node.settings
        kernel = node.weight.shape[2:] if isinstance(node, Conv2d) else settings["kernel_size"]
        dilation = settings.get("dilation", (1, 1))
        start = [b * s - p for b, s, p in zip(box[:2], settings["stride"], settings["padding"])]
        end = [
            (b - 1) * s - p + d * (k - 1) + 1
            for b, s, p, d, k in zip(
                box[2:], settings["stride"], settings["padding"], dilation, kernel
            )
        ]
        return Box(*start, *end)
    if isinstance(node, ConstantPad) and len(node.margins) == len(x_shape) == 4:
        (up, _), (before, _) = node.margins[2:]
        return Box(box.top - up, box.left - before, box.bottom - up, box.right - before)
    file = type(node).__module__.rpartition(".")[2]
    pointwise = file in POINTWISE_FILES or type(node).__name__ in POINTWISE_OTHERS
    if pointwise and len(x_shape) == len(y_shape) == 4 and x_shape[2:] == y_shape[2:]:
        return box
    return Box(0, 0, *x_shape[-2:]) if len(x_shape) > 1 else Box(0, 0, 1, 1)


def _hull(a: Box | None, b: Box) -> Box:
    if a is None:
        return b
    return Box(min(a.top, b.top), min(a.left, b.left), max(a.bottom, b.bottom),
               max(a.right, b.right))  # fmt: skip
