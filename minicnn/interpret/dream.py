"""DeepDream: more of what a layer already sees in an image, at several sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn import random
from minicnn.interpret._inputs import at_least, number, one_image
from minicnn.interpret._run import go_back, gradient, layer_output
from minicnn.interpret.ascent import Ascent, Range, channel_gradient
from minicnn.nn.functional import interpolate
from minicnn.nn.inspection import checked_model, examined, layer_of
from minicnn.nn.module import Module
from minicnn.tensor import Tensor, no_grad


def deep_dream(
    model: Any,
    layer: Any,
    image: Any,
    channel: int | None = None,
    *,
    octaves: int = 4,
    octave_scale: float = 1.4,
    steps: int = 10,
    lr: float = 0.006,
    jitter: int = 32,
    value_range: Sequence[float] = (0.0, 1.0),
) -> Ascent:
    """Raise what a layer sees in an image, from a small copy of it up to its own size.

    The image is made smaller (octaves - 1) times. From the smallest on, each is changed by
    x <- clip(x + lr * (high - low) * g / mean(|g|)), shifted by a random jitter before each step
    and back after it; what was added is enlarged and put onto the next. g is the gradient of half
    the sum of the layer's squared activations, or of the mean of one channel.

    Args:
        model: The network, in eval mode. It is left as it is. The layers up to the one that is
            raised must take images of any size.
        layer: One of its modules, or the dotted name of one.
        image: One image, shape (C, H, W) or (1, C, H, W), within the range.
        channel: The feature map to raise; all of the layer if left out.
        octaves: How many sizes.
        octave_scale: How much larger each is than the one before.
        steps: Steps at each size.
        lr: How far the pixels move in a step, on average, as a part of (high - low).
        jitter: Pixels by which the image is shifted at most, along rows and columns.
        value_range: (low, high) of the pixels.

    Returns:
        The image, and the values of what was raised at its own size: half the mean square, or the
        channel's mean.

    Raises:
        ValueError: If there is more than one image, it is out of range, the layer or the channel
            does not exist, the model is in training mode, or a setting is out of range.
        TypeError: If the image is not of the model's floating-point type.

    Source: Mordvintsev, Olah & Tyka, "Inceptionism: going deeper into neural networks", Google
    Research Blog, 17 June 2015, and the notebook published with it (google/deepdream).
    """
    op = "deep_dream"
    network = checked_model(op, model)
    module, allowed = layer_of(op, network, layer), Range(op, value_range)
    x = one_image(op, "image", image, network)
    allowed.check(op, "image", x)
    at_least(op, "octaves", octaves, 1)
    at_least(op, "steps", steps, 0)
    at_least(op, "jitter", jitter, 0)
    number(op, "lr", lr, 0, above=True)
    number(op, "octave_scale", octave_scale, 1, above=True)
    if (octaves - 1) * np.log(octave_scale) > np.log(min(x.shape[2:])):
        raise ValueError(
            f"{op}: octaves: {octaves - 1} times {octave_scale} times smaller, an image of"
            f" {x.shape[2:]} has no pixel left"
        )
    sizes = [
        tuple(max(1, round(n / octave_scale**i)) for n in x.shape[2:])
        for i in reversed(range(octaves))
    ]
    detail = np.zeros((*x.shape[:2], *sizes[0]), x.dtype)
    for size in sizes:
        base = _resized(x, size)
        dreamt = allowed.clipped(base + _resized(detail, size), x.dtype)
        values = []
        for _ in range(steps):
            shift = random.default_generator.integers(-jitter, jitter + 1, 2)
            value, grad = _uphill(op, network, module, np.roll(dreamt, shift, (2, 3)), channel)
            values.append(value)
            mean = np.abs(grad).mean(dtype=np.float64)
            step = lr * allowed.width * np.roll(grad, -shift, (2, 3)) / mean if mean > 0 else 0
            dreamt = allowed.clipped(dreamt + step, x.dtype)
        detail = dreamt - base
    values.append(_uphill(op, network, module, dreamt, channel)[0])
    return Ascent(Tensor(dreamt), values)


def _uphill(
    op: str, model: Module, layer: Module, x: np.ndarray, channel: int | None
) -> tuple[float, np.ndarray]:
    """Return what is raised, and the direction in which the image raises it."""
    if channel is not None:
        return channel_gradient(op, model, layer, x, channel)
    with examined(op, model):
        leaf = Tensor(x, requires_grad=True)
        y = layer_output(op, model, layer, leaf)
        value = float((y.data.astype(np.float64) ** 2).mean() / 2)
        go_back(op, y, y.data)  # the gradient of sum(y ** 2) / 2 is y
    return value, gradient(op, leaf)


def _resized(x: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    if x.shape[2:] == size:
        return x
    with no_grad():
        return interpolate(x, size=size, mode="bilinear").data
