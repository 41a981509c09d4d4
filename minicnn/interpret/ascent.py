"""Images that a unit likes best: gradient ascent on the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn import random
from minicnn.interpret._inputs import at_least, in_range, number, one_image
from minicnn.interpret._run import go_back, gradient, layer_output
from minicnn.interpret.deconvnet import channel_of
from minicnn.nn.functional import conv2d
from minicnn.nn.inspection import checked_model, examined, layer_of
from minicnn.nn.module import Module
from minicnn.ops.shape import check_memory
from minicnn.tensor import Tensor


class Ascent(NamedTuple):
    """What an ascent gives.

    Attributes:
        image: Shape (1, C, H, W).
        activations: What was raised: before the first step, and after each.
    """

    image: Tensor
    activations: list[float]


class Range:
    """The valid range of an image, and steps in its units."""

    def __init__(self, op: str, value_range: Sequence[float]) -> None:
        if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
            raise ValueError(f"{op}: value_range must be (low, high), got {value_range!r}")
        self.low = number(op, "value_range[0]", value_range[0], np.finfo(np.float32).min)
        self.high = number(op, "value_range[1]", value_range[1], self.low, above=True)

    @property
    def width(self) -> float:
        return self.high - self.low

    def check(self, op: str, name: str, x: np.ndarray) -> None:
        """Raise ValueError unless x lies within."""
        in_range(op, name, x, self.low, self.high, "give value_range, the range of the images")

    def clipped(self, x: np.ndarray, dtype: Any) -> np.ndarray:
        """Return x within the range and of this dtype."""
        return np.clip(x, self.low, self.high).astype(dtype)


def activation_maximization(
    model: Any,
    layer: Any,
    channel: int,
    image_shape: Sequence[int] | None = None,
    *,
    start: Any = None,
    steps: int = 30,
    lr: float = 0.1,
    decay: float = 0.0,
    blur: float = 0.0,
    jitter: int = 0,
    value_range: Sequence[float] = (0.0, 1.0),
) -> Ascent:
    """Change an image step by step so that one channel of a layer, or one class, rises.

    x <- clip(x + lr * (high - low) * g / rms(g)), where g is the gradient of the mean over the
    channel's map (of the number itself, if the layer gives one for each class), then
    x <- (1 - decay) * x, blurred by a Gaussian.

    Args:
        model: The network, in eval mode. It is left as it is.
        layer: One of its modules, or the dotted name of one, that gives (N, C, h, w) or (N, K).
        channel: The feature map or the class to raise.
        image_shape: (C, H, W) of the image; it begins as noise around the middle of the range.
        start: The image to begin with instead, shape (C, H, W) or (1, C, H, W).
        steps: How many steps.
        lr: How far the pixels move in a step, root mean square, as a part of (high - low).
        decay: Part of the image that is taken away after each step: an L2 penalty.
        blur: Standard deviation in pixels of the blur after each step; 0 for none.
        jitter: Pixels by which the image is shifted at random for each step, at most.
        value_range: (low, high) of the pixels.

    Returns:
        The image, and the values of what was raised.

    Raises:
        ValueError: If the layer or the channel does not exist, the model is in training mode, the
            start is out of range, or a setting is.
        TypeError: If the start is not of the model's floating-point type.

    Example:
        >>> from minicnn import nn
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2)).eval()
        >>> model[1].weight.data[0] = [1.0, 1.0, -1.0, -1.0]
        >>> activation_maximization(model, "1", 0, (1, 2, 2)).image.tolist()
        [[[[1.0, 1.0], [0.0, 0.0]]]]

    Sources: Erhan et al., "Visualizing higher-layer features of a deep network", technical report
    1341, Universite de Montreal, 2009; Simonyan, Vedaldi & Zisserman, arXiv:1312.6034, section 2
    (classes, L2); Yosinski et al., arXiv:1506.06579, section 3 (decay and blur after each step).
    """
    op = "activation_maximization"
    network = checked_model(op, model)
    module, allowed = layer_of(op, network, layer), Range(op, value_range)
    x = _start(op, network, image_shape, start, allowed)
    at_least(op, "steps", steps, 0)
    at_least(op, "jitter", jitter, 0)
    number(op, "lr", lr, 0, above=True)
    if number(op, "decay", decay, 0) >= 1 or number(op, "blur", blur, 0) > max(x.shape[2:]):
        raise ValueError(
            f"{op}: decay must be below 1 and blur at most the image's size {x.shape[2:]}, got"
            f" {decay} and {blur}"
        )
    activations = []
    for _ in range(steps):
        shift = random.default_generator.integers(-jitter, jitter + 1, 2)
        value, grad = channel_gradient(op, network, module, np.roll(x, shift, (2, 3)), channel)
        activations.append(value)
        grad = np.roll(grad, -shift, (2, 3)).astype(np.float64)
        size = np.sqrt(np.mean(grad**2))
        moved = x + lr * allowed.width * grad / size if size > 0 else x
        x = allowed.clipped(blurred((1 - decay) * moved, blur), x.dtype)
    activations.append(channel_gradient(op, network, module, x, channel)[0])
    return Ascent(Tensor(x), activations)


def channel_gradient(
    op: str, model: Module, layer: Module, x: np.ndarray, channel: Any
) -> tuple[float, np.ndarray]:
    """Return the mean of one channel of a layer, and its gradient with respect to x."""
    with examined(op, model):
        leaf = Tensor(x, requires_grad=True)
        y = layer_output(op, model, layer, leaf)
        if y.ndim not in (2, 4):
            raise ValueError(f"{op}: layer: it must give (N, C, h, w) or (N, K), got {y.shape}")
        weights = np.zeros_like(y.data)
        number = channel_of(op, y.shape, channel)
        weights[:, number] = 1 / weights[:, number].size
        value = float(y.data[:, number].mean(dtype=np.float64))
        go_back(op, y, weights)
    return value, gradient(op, leaf)


def blurred(x: np.ndarray, sigma: float) -> np.ndarray:
    """Return the images, float64, blurred by a Gaussian of this width; edges are continued."""
    if sigma == 0:
        return x
    reach = int(np.ceil(3 * sigma))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    wide = np.pad(x, ((0, 0), (0, 0), (reach, reach), (reach, reach)), mode="edge")
    planes = wide.reshape(-1, 1, *wide.shape[2:])  # (N * C, 1, H, W)
    rows = conv2d(planes, weights.reshape(1, 1, -1, 1))
    return conv2d(rows, weights.reshape(1, 1, 1, -1)).data.reshape(x.shape)


def _start(op: str, model: Module, image_shape: Any, start: Any, allowed: Range) -> np.ndarray:
    if (image_shape is None) == (start is None):
        raise ValueError(f"{op}: give either image_shape, (C, H, W), or start, an image")
    if start is not None:
        x = one_image(op, "start", start, model)
        allowed.check(op, "start", x)
        return x
    if not isinstance(image_shape, (tuple, list)) or len(image_shape) != 3:
        raise ValueError(f"{op}: image_shape must be (C, H, W), got {image_shape!r}")
    shape = [at_least(op, "image_shape", size, 1) for size in image_shape]
    check_memory(op, tuple(shape))
    first = next(model.parameters(), None)
    noise = random.default_generator.standard_normal((1, *shape))
    middle = (allowed.low + allowed.high) / 2
    return allowed.clipped(
        middle + 0.05 * allowed.width * noise, np.float32 if first is None else first.dtype
    )
