"""The patches of many images that a channel likes best."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minicnn.interpret._inputs import at_least, checked_images
from minicnn.interpret._run import layer_output
from minicnn.interpret.deconvnet import channel_of
from minicnn.interpret.receptive_field import Box, receptive_field
from minicnn.nn.inspection import checked_model, examined, layer_of
from minicnn.tensor import Tensor, no_grad


class Patch(NamedTuple):
    """Where a channel is most active in one image.

    Attributes:
        image: Which image.
        position: Row and column in the channel's map; () for a layer that gives (N, K).
        activation: The value there.
        box: What that unit sees of the image; it may reach over the edges, into the padding.
        pixels: That part of the image, shape (C, bottom - top, right - left) of the box as clipped
            to the image.
    """

    image: int
    position: tuple[int, ...]
    activation: float
    box: Box
    pixels: np.ndarray


def max_activating_patches(
    model: Any, layer: Any, channel: int, images: Any, n: int = 9, *, batch_size: int = 256
) -> list[Patch]:
    """Return the n images in which a channel is most active, and the patches that make it so.

    Args:
        model: The network, in eval mode. It is left as it is.
        layer: One of its modules, or the dotted name of one, that gives (N, C, h, w) or (N, K).
        channel: The feature map, or the class.
        images: Shape (N, C, H, W).
        n: How many patches, at most one of each image; all of them if there are fewer.
        batch_size: Images that one pass takes.

    Returns:
        Patches in falling order of activation; of equal ones the earlier image comes first.

    Raises:
        ValueError: If the layer or the channel does not exist, or the model is in training mode.
        TypeError: If the images are not of the model's floating-point type.

    Source: Zeiler & Fergus, "Visualizing and understanding convolutional networks",
    arXiv:1311.2901, section 4 and figure 2.
    """
    op = "max_activating_patches"
    network = checked_model(op, model)
    module = layer_of(op, network, layer)
    x = checked_images(op, "images", images, network)
    at_least(op, "n", n, 1)
    at_least(op, "batch_size", batch_size, 1)
    best: list[tuple[float, tuple[int, ...]]] = []  # for each image
    for first in range(0, len(x), batch_size):
        with examined(op, network), no_grad():
            y = layer_output(op, network, module, Tensor(x[first : first + batch_size])).data
        if y.ndim not in (2, 4):
            raise ValueError(f"{op}: layer: it must give (N, C, h, w) or (N, K), got {y.shape}")
        for values in y[:, channel_of(op, y.shape, channel)]:
            place = np.unravel_index(int(np.argmax(values)), values.shape)
            best.append((float(values[place]), tuple(int(p) for p in place)))
    order = sorted(range(len(x)), key=lambda i: -best[i][0])  # stable: earlier images first
    boxes: dict[tuple[int, ...], Box] = {}
    patches = []
    for i in order[:n]:
        activation, position = best[i]
        if position not in boxes:
            boxes[position] = receptive_field(network, module, position, x.shape[1:])
        top, left, bottom, right = boxes[position].clipped(*x.shape[2:])
        pixels = x[i, :, top:bottom, left:right].copy()
        patches.append(Patch(i, position, activation, boxes[position], pixels))
    return patches
