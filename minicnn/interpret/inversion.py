"""Feature inversion: an image that a layer cannot tell from another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minicnn import random
from minicnn.interpret._inputs import at_least, number, one_image
from minicnn.interpret._run import layer_output
from minicnn.interpret.ascent import Range
from minicnn.nn.inspection import checked_model, examined, layer_of
from minicnn.nn.parameter import Parameter
from minicnn.optim import Adam
from minicnn.tensor import Tensor


class Inversion(NamedTuple):
    """What `invert_features` gives.

    Attributes:
        image: Shape (1, C, H, W).
        losses: The loss before each step, and after the last.
        feature_error: ||F(image) - F(x_0)|| / ||F(x_0)|| at the end.
    """

    image: Tensor
    losses: list[float]
    feature_error: float


def invert_features(
    model: Any,
    layer: Any,
    image: Any,
    *,
    steps: int = 200,
    lr: float = 0.05,
    alpha: float = 6.0,
    alpha_weight: float = 1e-3,
    variation_weight: float = 1e-2,
    value_range: Sequence[float] = (0.0, 1.0),
) -> Inversion:
    """Look for an image with the same features: what a layer has kept of the one that it saw.

    Beginning with noise, ||F(x) - F(x_0)||^2 / ||F(x_0)||^2 + alpha_weight * mean(|z|^alpha)
    + variation_weight * mean(squared differences of neighbours of z) is minimized, where F is what
    the layer gives and z is x as brought from the range to -1..1.

    Args:
        model: The network, in eval mode. It is left as it is.
        layer: One of its modules, or the dotted name of one.
        image: The image x_0, shape (C, H, W) or (1, C, H, W), within the range.
        steps: Steps of Adam, each followed by a clip to the range.
        lr: Its step size, in units of z.
        alpha: Exponent of the penalty that keeps pixels in the range, at least 1.
        alpha_weight: Its weight.
        variation_weight: Weight of the penalty on differences of neighbours (total variation with
            the exponent 2), which keeps the image smooth.
        value_range: (low, high) of the pixels.

    Returns:
        The image, the losses, and how far its features are from those of x_0.

    Raises:
        ValueError: If there is more than one image, it is out of range, the layer does not exist or
            gives nothing but 0, the model is in training mode, or a setting is out of range.
        TypeError: If the image is not of the model's floating-point type.

    Source: Mahendran & Vedaldi, "Understanding deep image representations by inverting them",
    arXiv:1412.0035, section 2; they descend with momentum instead of Adam.
    """
    op = "invert_features"
    network = checked_model(op, model)
    module, allowed = layer_of(op, network, layer), Range(op, value_range)
    original = one_image(op, "image", image, network)
    allowed.check(op, "image", original)
    at_least(op, "steps", steps, 0)
    number(op, "lr", lr, 0, above=True)
    number(op, "alpha", alpha, 1)
    number(op, "alpha_weight", alpha_weight, 0)
    number(op, "variation_weight", variation_weight, 0)
    with examined(op, network):
        wanted = layer_output(op, network, module, Tensor(original)).data
        size = float((wanted.astype(np.float64) ** 2).sum())
        if size == 0:
            raise ValueError(f"{op}: layer: it gives nothing but 0 for this image")
        noise = 0.1 * random.default_generator.standard_normal(original.shape)
        z = Parameter(np.clip(noise, -1, 1).astype(original.dtype))
        optimizer, losses = Adam([z], lr=lr), []
        middle, half = (allowed.low + allowed.high) / 2, allowed.width / 2
        for step in range(steps + 1):
            error = ((layer_output(op, network, module, z * half + middle) - wanted) ** 2).sum()
            loss = error / size + penalty(z, alpha, alpha_weight, variation_weight)
            losses.append(loss.item())
            if step < steps:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                np.clip(z.data, -1, 1, out=z.data)
    final = allowed.clipped(z.data * half + middle, original.dtype)
    return Inversion(Tensor(final), losses, float(np.sqrt(error.item() / size)))


def penalty(z: Tensor, alpha: float, alpha_weight: float, variation_weight: float) -> Tensor:
    """Return the two penalties, weighted; differences are those inside of the image."""
    down, right = z[:, :, 1:] - z[:, :, :-1], z[:, :, :, 1:] - z[:, :, :, :-1]
    variation = ((down**2).sum() + (right**2).sum()) / z.numel()
    return alpha_weight * (z.abs() ** alpha).mean() + variation_weight * variation
