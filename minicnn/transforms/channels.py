"""Transforms of channels and values: GaussianNoise, RandomChannelPermutation, RGB and others."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import boolean
from minicnn.transforms._image import Transform, channels_last, number_range, probability, real
from minicnn.transforms._image import white as white_of
from minicnn.transforms.color import _brighter, _contrasted, _saturated, hue_shifted


class GaussianNoise(Transform):
    """Add noise to each value.

    Args:
        mean, sigma: Mean and standard deviation, as shares of the brightness of white.
        clip: Whether to cut the result to the range of brightness; uint8 images are in any case.

    Raises:
        ValueError: If sigma is negative.

    Example:
        >>> GaussianNoise(sigma=0.0)(np.array([[7]], np.uint8))
        array([[7]], dtype=uint8)
    """

    def __init__(self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True) -> None:
        self.mean = real("GaussianNoise", "mean", mean)
        self.sigma = real("GaussianNoise", "sigma", sigma)
        if not self.sigma >= 0:
            raise ValueError(f"GaussianNoise: sigma must not be negative, got {sigma}")
        self.clip = boolean("GaussianNoise", "clip", clip)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        return {"noise": self.generator.standard_normal(image.shape)}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        white, whole = white_of(image), image.dtype == np.uint8
        noisy = image + white * (self.mean + self.sigma * params["noise"])
        if self.clip or whole:
            noisy = np.clip(noisy, 0, white)
        return (np.rint(noisy) if whole else noisy).astype(image.dtype)


class RandomChannelPermutation(Transform):
    """Exchange the image's channels at random.

    Example:
        >>> RandomChannelPermutation()(np.zeros((2, 2, 3), np.uint8)).shape
        (2, 2, 3)
    """

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        return {"order": self.generator.permutation(image.shape[2])}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        return image[:, :, params["order"]]


class RGB(Transform):
    """Make three channels of a grey image's one; an image of three stays as it is.

    Raises:
        ValueError: When called, for another number of channels.

    Example:
        >>> RGB()(np.zeros((2, 2), np.uint8)).shape
        (2, 2, 3)
    """

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        if image.shape[2] not in (1, 3):
            raise ValueError(f"RGB: an image must have 1 or 3 channels, got {image.shape[2]}")
        return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image


class Identity(Transform):
    """Leave the image as it is.

    Example:
        >>> Identity()(np.array([[7]], np.uint8))
        array([[7]], dtype=uint8)
    """

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        return image


class LinearTransformation:
    """Multiply the values of a tensor, less a mean, by a matrix: whitening, say.

    Args:
        transformation_matrix: Shape (D, D), D = C * H * W.
        mean_vector: Shape (D,).

    Raises:
        ValueError: If a shape is another one; when called, if the image has not D values.

    Example:
        >>> LinearTransformation(2 * np.eye(4), np.zeros(4))(np.ones((2, 2))).tolist()
        [[2.0, 2.0], [2.0, 2.0]]
    """

    def __init__(self, transformation_matrix: Any, mean_vector: Any) -> None:
        self._matrix, self._mean = np.asarray(transformation_matrix), np.asarray(mean_vector)
        if self._matrix.ndim != 2 or self._matrix.shape != (len(self._mean),) * 2:
            raise ValueError(
                "LinearTransformation: transformation_matrix must have shape (D, D) and mean_vector"
                f" (D,), got {self._matrix.shape} and {self._mean.shape}"
            )

    def __call__(self, image: Any, *others: Any) -> Any:
        pixels, restore = channels_last("LinearTransformation", image)
        if pixels.dtype.kind != "f":
            raise TypeError(f"LinearTransformation: an image must be float, got {pixels.dtype}")
        flat = pixels.transpose(2, 0, 1).reshape(-1)  # (C, H, W) in torch's order
        if len(flat) != len(self._mean):
            raise ValueError(
                f"LinearTransformation: the image has {len(flat)} values, the matrix is for"
                f" {len(self._mean)}"
            )
        H, W, C = pixels.shape
        changed = ((flat - self._mean) @ self._matrix).reshape(C, H, W).transpose(1, 2, 0)
        result = restore(changed.astype(pixels.dtype))
        return (result, *others) if others else result


class RandomPhotometricDistort(Transform):
    """Change brightness, contrast, saturation, hue and the order of channels, each at random.

    Args:
        brightness, contrast, saturation: The lowest and highest factor.
        hue: The lowest and highest shift, in turns.
        p: The probability of each change.

    Raises:
        ValueError: If a setting is out of range.

    Example:
        >>> RandomPhotometricDistort()(np.zeros((2, 2, 3), np.uint8)).shape
        (2, 2, 3)

    Source: Howard, "Some improvements on deep convolutional neural network based image
    classification", arXiv:1312.5402, section 2.2.
    """

    def __init__(
        self,
        brightness: Any = (0.875, 1.125),
        contrast: Any = (0.5, 1.5),
        saturation: Any = (0.5, 1.5),
        hue: Any = (-0.05, 0.05),
        p: float = 0.5,
    ) -> None:
        name = "RandomPhotometricDistort"
        self.brightness = number_range(name, "brightness", brightness, 0)
        self.contrast = number_range(name, "contrast", contrast, 0)
        self.saturation = number_range(name, "saturation", saturation, 0)
        self.hue = number_range(name, "hue", hue, -0.5, 0.5)
        self.p = probability(name, p)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        generator = self.generator
        ranges = (self.brightness, self.contrast, self.saturation, self.hue)
        drawn = [
            float(generator.uniform(*r)) if generator.random() < self.p else None for r in ranges
        ]
        order = generator.permutation(image.shape[2]) if generator.random() < self.p else None
        return {"factors": drawn, "contrast_first": generator.random() < 0.5, "order": order}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        brightness, contrast, saturation, hue = params["factors"]
        steps = [(_brighter, brightness), (_saturated, saturation), (hue_shifted, hue)]
        steps.insert(1 if params["contrast_first"] else 3, (_contrasted, contrast))
        for change, factor in steps:
            if factor is not None:
                image = change(image, factor)
        return image if params["order"] is None else image[:, :, params["order"]]
