"""Transforms between forms and types of images: ToTensor, ToImage, ToDtype, Normalize."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import boolean
from minicnn.tensor import Tensor
from minicnn.transforms._image import Transform, channels_last

DTYPES = (np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.float64))


def scaled(pixels: np.ndarray, dtype: np.dtype[Any]) -> np.ndarray:
    """Return the image in another dtype, 0..255 being 0..1 in floats."""
    if pixels.dtype == dtype:
        return pixels
    if pixels.dtype == np.uint8:
        return np.divide(pixels, dtype.type(255), dtype=dtype)
    if dtype == np.uint8:  # 256 equal parts of [0, 1], as in torchvision
        return np.clip(np.floor(pixels * (256 - 1e-3)), 0, 255).astype(np.uint8)
    return pixels.astype(dtype)


class ToTensor(Transform):
    """Make a float32 tensor of shape (C, H, W) of an image; uint8 values become v / 255.

    Example:
        >>> ToTensor()(np.full((2, 2), 255, np.uint8))
        tensor([[[1., 1.],
                 [1., 1.]]])
    """

    def __call__(self, image: Any, *others: Any) -> Any:
        pixels, _ = channels_last("ToTensor", image)
        result = scaled(pixels.transpose(2, 0, 1), np.dtype(np.float32))
        tensor = Tensor.of_array(np.ascontiguousarray(result))
        return (tensor, *others) if others else tensor


class ToImage(Transform):
    """Make a tensor of shape (C, H, W) of an image; its values and their type stay.

    Example:
        >>> ToImage()(np.zeros((2, 3, 1), np.uint8)).shape
        (1, 2, 3)
    """

    def __call__(self, image: Any, *others: Any) -> Any:
        pixels, _ = channels_last("ToImage", image)
        tensor = Tensor.of_array(np.ascontiguousarray(pixels.transpose(2, 0, 1)))
        return (tensor, *others) if others else tensor


class ToDtype(Transform):
    """Change the type of the image's values.

    Args:
        dtype: uint8, float32 or float64, as NumPy names them.
        scale: Whether 0..255 becomes 0..1 on the way to floats, and the other way round.

    Example:
        >>> ToDtype("float32", scale=True)(np.full((1, 1), 51, np.uint8))
        array([[0.2]], dtype=float32)
    """

    def __init__(self, dtype: Any, scale: bool = False) -> None:
        self.dtype, self.scale = np.dtype(dtype), boolean("ToDtype", "scale", scale)
        if self.dtype not in DTYPES:
            raise TypeError(f"ToDtype: dtype must be uint8, float32 or float64, got {self.dtype}")

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        return scaled(image, self.dtype) if self.scale else image.astype(self.dtype)


class Normalize(Transform):
    """(image - mean) / std, channel by channel; of float images.

    Args:
        mean, std: A number, or one for each channel.
        inplace: Taken for torch's sake; the input stays as it is.

    Raises:
        ValueError: If a std is not positive, or, when called, the channels are not as many.
        TypeError: When called, if the image is uint8; `ToTensor` comes before.

    Example:
        >>> Normalize([0.5], [0.25])(np.ones((1, 1), np.float32))
        array([[2.]], dtype=float32)
    """

    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        self.mean, self.std, self.inplace = mean, std, inplace
        self._mean, self._std = (np.atleast_1d(np.asarray(v, np.float64)) for v in (mean, std))
        if self._mean.ndim != 1 or self._std.ndim != 1:
            raise ValueError(
                f"Normalize: mean and std must be numbers or lists, got {mean!r}, {std!r}"
            )
        if not (np.isfinite(self._mean).all() and (self._std > 0).all()):
            raise ValueError(
                f"Normalize: mean must be finite and std positive, got {mean!r} and {std!r}"
            )

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        if image.dtype.kind != "f":
            raise TypeError(f"Normalize: needs a float image, got {image.dtype}; see ToTensor")
        for name, values in (("mean", self._mean), ("std", self._std)):
            if len(values) not in (1, image.shape[2]):
                raise ValueError(
                    f"Normalize: {name} has {len(values)} values for {image.shape[2]} channels"
                )
        mean, std = self._mean.astype(image.dtype), self._std.astype(image.dtype)
        return (image - mean) / std
