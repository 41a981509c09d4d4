"""Augmentation by operations and strengths that are drawn, or were found by search.

The strengths are torchvision's.

Sources: Cubuk et al., "AutoAugment", arXiv:1805.09501, section 3; the same, "RandAugment",
arXiv:1909.13719, section 3; Müller & Hutter, "TrivialAugment", arXiv:2103.10158, section 3.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.transforms import _policies
from minicnn.transforms._image import Transform, filled, white
from minicnn.transforms.affine import _mode, inverse_affine, sampled
from minicnn.transforms.color import _brighter, _contrasted, _saturated
from minicnn.transforms.resample import NEAREST
from minicnn.transforms.tone import (
    autocontrasted,
    equalized,
    inverted,
    posterized,
    sharpened,
    solarized,
)

# Strengths by bin, and whether their sign is drawn; None for operations without a strength.
Strengths = tuple[np.ndarray, bool] | None
Space = dict[str, Strengths]


def _space(
    bins: int, shear: float, shift: tuple[float, float], turn: float, colour: float, bits: int
) -> Space:
    """Return all operations with their strengths, given the largest of each kind.

    Args:
        bins: How many strengths.
        shear: Largest shift of a row by the distance of a pixel.
        shift: Largest shift along x and along y, in pixels.
        turn: Degrees.
        colour: Largest change of a factor from 1.
        bits: Most bits that are left out.
    """
    places = np.arange(bins) / max(bins - 1, 1)
    space: Space = {
        "Identity": None,
        "ShearX": (shear * places, True),
        "ShearY": (shear * places, True),
        "TranslateX": (shift[0] * places, True),
        "TranslateY": (shift[1] * places, True),
        "Rotate": (turn * places, True),
    }
    for name in ("Brightness", "Color", "Contrast", "Sharpness"):
        space[name] = (colour * places, True)
    space["Posterize"] = (np.rint(8 - bits * places), False)
    space["Solarize"] = (1 - places, False)
    return space | {"AutoContrast": None, "Equalize": None}


class _Automatic(Transform):
    """What both share: a list of operations that is drawn, and carried out."""

    def __init__(self, num_magnitude_bins: int, interpolation: Any, fill: Any) -> None:
        name = type(self).__name__
        self.num_magnitude_bins = integer(name, "num_magnitude_bins", num_magnitude_bins)
        if self.num_magnitude_bins < 2:
            raise ValueError(
                f"{name}: num_magnitude_bins must be at least 2, got {num_magnitude_bins}"
            )
        self.interpolation, self.fill = _mode(name, interpolation), fill

    def drawn(self, space: Space, bin: int | None) -> tuple[str, float]:
        """Return an operation and its strength, that of one bin or of one that is drawn."""
        generator = self.generator
        name = list(space)[int(generator.integers(len(space)))]
        strengths = space[name]
        if strengths is None:
            return name, 0.0
        values, signed = strengths
        value = float(values[int(generator.integers(len(values))) if bin is None else bin])
        return name, -value if signed and generator.random() < 0.5 else value

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        for name, value in params["operations"]:
            image = self.changed(image, name, value)
        return image

    def changed(self, image: np.ndarray, name: str, value: float) -> np.ndarray:
        """Return the image after one operation of this strength."""
        if name in TONES:
            return TONES[name](image, value)
        H, W, _ = image.shape
        angle, move, shear, center = 0.0, (0.0, 0.0), (0.0, 0.0), (W / 2, H / 2)
        if name == "Rotate":
            angle = -value  # counter-clockwise
        elif name.startswith("Translate"):
            move = (float(int(value)), 0.0) if name[-1] == "X" else (0.0, float(int(value)))
        else:
            slant = math.degrees(math.atan(value))
            shear, center = ((slant, 0.0) if name[-1] == "X" else (0.0, slant)), (0.0, 0.0)
        inverse = inverse_affine(center, angle, move, 1.0, shear)
        fill = filled(type(self).__name__, 0 if self.fill is None else self.fill, image)
        return sampled(image, inverse, (H, W), self.interpolation, fill)


TONES: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "Identity": lambda image, value: image,
    "Brightness": lambda image, value: _brighter(image, 1 + value),
    "Color": lambda image, value: _saturated(image, 1 + value),
    "Contrast": lambda image, value: _contrasted(image, 1 + value),
    "Sharpness": lambda image, value: sharpened(image, 1 + value),
    "Posterize": lambda image, value: posterized(image, int(value)),
    "Solarize": lambda image, value: solarized(image, value * white(image)),
    "AutoContrast": lambda image, value: autocontrasted(image),
    "Equalize": lambda image, value: equalized(image),
    "Invert": lambda image, value: inverted(image),
}


class AutoAugmentPolicy(enum.Enum):
    """The data that AutoAugment's policies were found for."""

    IMAGENET = "imagenet"
    CIFAR10 = "cifar10"
    SVHN = "svhn"


class AutoAugment(_Automatic):
    """Carry out one of 25 policies that were found by search, each of two operations.

    Args:
        policy: "imagenet", "cifar10" or "svhn", or an `AutoAugmentPolicy`.
        interpolation, fill: As of `RandAugment`.

    Raises:
        ValueError: If there is no such policy.

    Example:
        >>> AutoAugment("cifar10")(np.zeros((32, 32, 3), np.uint8)).shape
        (32, 32, 3)
    """

    def __init__(
        self,
        policy: Any = AutoAugmentPolicy.IMAGENET,
        interpolation: Any = NEAREST,
        fill: Any = None,
    ) -> None:
        super().__init__(10, interpolation, fill)
        try:
            self.policy = AutoAugmentPolicy(policy)
        except ValueError:
            names = ", ".join(repr(p.value) for p in AutoAugmentPolicy)
            raise ValueError(
                f"AutoAugment: policy must be one of {names}, got {policy!r}"
            ) from None
        self._policies = _policies.parsed(getattr(_policies, self.policy.name))

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        H, W, _ = image.shape
        space = _space(10, 0.3, (150 / 331 * W, 150 / 331 * H), 30, 0.9, 4)
        generator = self.generator
        operations = []
        for name, p, number in self._policies[int(generator.integers(len(self._policies)))]:
            if generator.random() >= p:
                continue
            strengths, value = space.get(name), 0.0
            if strengths is not None:
                value = float(strengths[0][number])
                if strengths[1] and generator.random() < 0.5:
                    value = -value
            operations.append((name, value))
        return {"operations": operations}


class RandAugment(_Automatic):
    """Carry out some operations that are drawn, all of one strength.

    Args:
        num_ops: How many operations, one after the other.
        magnitude: Their strength, from 0 to num_magnitude_bins - 1.
        num_magnitude_bins: How many strengths there are.
        interpolation: "nearest" or "bilinear", where pixels are moved.
        fill: Value outside of the image, or one for each channel; None for 0.

    Raises:
        ValueError: If a setting is out of range.

    Example:
        >>> RandAugment()(np.zeros((32, 32, 3), np.uint8)).shape
        (32, 32, 3)
    """

    def __init__(
        self,
        num_ops: int = 2,
        magnitude: int = 9,
        num_magnitude_bins: int = 31,
        interpolation: Any = NEAREST,
        fill: Any = None,
    ) -> None:
        super().__init__(num_magnitude_bins, interpolation, fill)
        self.num_ops = integer("RandAugment", "num_ops", num_ops)
        self.magnitude = integer("RandAugment", "magnitude", magnitude)
        if num_ops < 0 or not 0 <= magnitude < num_magnitude_bins:
            raise ValueError(
                "RandAugment: num_ops must not be negative and magnitude be from 0 to"
                f" num_magnitude_bins - 1 = {num_magnitude_bins - 1}, got {num_ops}, {magnitude}"
            )

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        H, W, _ = image.shape
        shift = (150 / 331 * W, 150 / 331 * H)  # the share that the paper's images had
        space = _space(self.num_magnitude_bins, 0.3, shift, 30, 0.9, 4)
        return {"operations": [self.drawn(space, self.magnitude) for _ in range(self.num_ops)]}


class TrivialAugmentWide(_Automatic):
    """Carry out one operation that is drawn, of a strength that is drawn from a wide range.

    Args:
        num_magnitude_bins: How many strengths there are.
        interpolation, fill: As of `RandAugment`.

    Raises:
        ValueError: If a setting is out of range.

    Example:
        >>> TrivialAugmentWide()(np.zeros((32, 32, 3), np.uint8)).shape
        (32, 32, 3)
    """

    def __init__(
        self,
        num_magnitude_bins: int = 31,
        interpolation: Any = NEAREST,
        fill: Any = None,
    ) -> None:
        super().__init__(num_magnitude_bins, interpolation, fill)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        space = _space(self.num_magnitude_bins, 0.99, (32, 32), 135, 0.99, 6)
        return {"operations": [self.drawn(space, None)]}
