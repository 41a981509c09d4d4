"""Weights and images that follow from a formula, so that outputs can be stored without them."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np

# Name of the function, its settings, the images' size, and whether in training. Without dropout,
# training is a function of the input, too.
CASES: dict[str, tuple[str, dict[str, Any], int, bool]] = {
    "resnet18": ("resnet18", dict(num_classes=4), 40, False),
    "resnet50": ("resnet50", dict(num_classes=4), 33, False),
    "googlenet": (
        "googlenet",
        dict(num_classes=4, aux_logits=False, transform_input=True),
        50,
        False,
    ),
    "googlenet in training": (
        "googlenet",
        dict(num_classes=4, dropout=0.0, dropout_aux=0.0),
        64,
        True,
    ),
    "squeezenet1_0": ("squeezenet1_0", dict(num_classes=4), 45, False),
    "squeezenet1_1": ("squeezenet1_1", dict(num_classes=4), 45, False),
    "mobilenet_v2": ("mobilenet_v2", dict(num_classes=4, width_mult=0.35), 45, False),
    "mobilenet_v2 in training": ("mobilenet_v2", dict(num_classes=4, dropout=0.0), 45, True),
}


def wave(shape: tuple[int, ...], start: float) -> np.ndarray:
    """Values in [-1, 1] without a pattern that a wrong order of axes would leave unchanged."""
    x = (np.arange(math.prod(shape)) * 0.7548776662 + start) % 1
    return 2 * ((x * 97.31 + x * x * 41.17) % 1).reshape(shape) - 1


def values(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """The entry `key` of a state_dict, in float64."""
    drawn = wave(tuple(shape), zlib.crc32(key.encode()) / 2**32)
    if key.endswith("num_batches_tracked"):
        return np.array(0)
    if key.endswith("running_var"):
        return 1 + drawn / 2
    if len(shape) > 1:  # as wide as He's rule, so that values neither vanish nor explode
        return drawn * math.sqrt(6 / math.prod(shape[1:]))
    return drawn / 10 + (key.endswith("weight") * 1.0)


def image(size: int) -> np.ndarray:
    """Two images of three channels."""
    return wave((2, 3, size, size), 0.5)
