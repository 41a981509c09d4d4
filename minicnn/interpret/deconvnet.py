"""The deconvolutional network: one unit of a feature map, projected back to the pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.interpret._inputs import one_image
from minicnn.interpret._relu_rules import deconvolve
from minicnn.interpret._run import go_back, gradient, layer_output
from minicnn.interpret.gradients import Attribution
from minicnn.nn.inspection import examined, layer_of
from minicnn.tensor import Tensor


class Deconvnet(Attribution):
    """Shows what of the image has driven one unit of a layer.

    All of the layer's activations but one are set to 0, and what remains goes through the layers'
    inverses: max pooling is unpooled to the places where it found its values (the switches), what
    arrives at a ReLU is rectified, and a convolution is transposed (the same kernels, flipped).
    Since <conv(x), y> = <x, convT(y)>, that is the backward pass with another rule for ReLU.

    Args:
        model: The network, in eval mode when it is used. It is left as it is.
        layer: One of its modules, or the dotted name of one, that gives (N, C, h, w) or (N, K).

    Raises:
        ValueError: If the model has no such layer; the message lists those that it has.

    Source: Zeiler & Fergus, "Visualizing and understanding convolutional networks",
    arXiv:1311.2901, section 2.1. Where pooling windows overlap, values that go to one place are
    added here.
    """

    def __init__(self, model: Any, layer: Any) -> None:
        super().__init__(model)
        self.layer = layer_of(self.op, self.model, layer)

    def attribute(
        self, image: Any, channel: int, position: tuple[int, int] | None = None
    ) -> Tensor:
        """Return the projection of one unit.

        Args:
            image: One image, shape (C, H, W) or (1, C, H, W).
            channel: The feature map.
            position: Row and column of the unit in it; where its activation is largest if left out.

        Returns:
            Shape (1, C, H, W), in the image's units.

        Raises:
            ValueError: If there is more than one image, the channel or the position does not exist,
                or the model is in training mode.
            TypeError: If the image is not of the model's floating-point type.
        """
        x = one_image(self.op, "image", image, self.model)
        with examined(self.op, self.model):
            leaf = Tensor(x, requires_grad=True)
            y = layer_output(self.op, self.model, self.layer, leaf)
            unit = unit_of(self.op, y.data, channel, position)
            alone = np.zeros_like(y.data)
            alone[unit] = y.data[unit]
            deconvolve(y)
            go_back(self.op, y, alone)
        return Tensor(gradient(self.op, leaf))


def unit_of(op: str, y: np.ndarray, channel: Any, position: Any) -> tuple[int, ...]:
    """Return the index of one unit of a layer's output for one image, (1, C, h, w) or (1, K)."""
    if y.ndim not in (2, 4):
        raise ValueError(f"{op}: layer: it must give (N, C, h, w) or (N, K), got {y.shape}")
    number = channel_of(op, y.shape, channel)
    if y.ndim == 2:
        return 0, number
    if position is None:
        row, column = np.unravel_index(int(y[0, number].argmax()), y.shape[2:])
        return 0, number, int(row), int(column)
    if not isinstance(position, (tuple, list)) or len(position) != 2:
        raise ValueError(f"{op}: position must be (row, column), got {position!r}")
    place = tuple(integer(op, "position", p) for p in position)
    if any(not 0 <= p < size for p, size in zip(place, y.shape[2:])):
        raise ValueError(
            f"{op}: position must be within the map of {y.shape[2]} x {y.shape[3]}, got {place}"
        )
    return 0, number, *place


def channel_of(op: str, y_shape: tuple[int, ...], channel: Any) -> int:
    """Return the channel as an int; raise ValueError unless the layer has it."""
    number = integer(op, "channel", channel)
    if not 0 <= number < y_shape[1]:
        raise ValueError(
            f"{op}: channel must be from 0 to {y_shape[1] - 1}, for the layer gives shape"
            f" {y_shape}; got {number}"
        )
    return number
