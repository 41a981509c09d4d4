"""Blur, and rectangles that are erased."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from minicnn.transforms._image import Transform, height_width, number_range, probability


class GaussianBlur(Transform):
    """Blur the image by a Gaussian of random width; the border is mirrored.

    Args:
        kernel_size: Pixels of the kernel, odd; one int, or (height, width).
        sigma: The lowest and highest standard deviation, in pixels; or one number.

    Raises:
        ValueError: When called, if the kernel reaches further than the image.

    Example:
        >>> GaussianBlur(3)(np.zeros((8, 8, 3), np.uint8)).shape
        (8, 8, 3)
    """

    def __init__(self, kernel_size: Any, sigma: Any = (0.1, 2.0)) -> None:
        self.kernel_size = height_width("GaussianBlur", kernel_size)
        if any(k % 2 == 0 for k in self.kernel_size):
            raise ValueError(f"GaussianBlur: kernel_size must be odd, got {kernel_size!r}")
        if isinstance(sigma, numbers.Real):
            sigma = (sigma, sigma)
        self.sigma = number_range("GaussianBlur", "sigma", sigma, 1e-3)

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        return {"sigma": float(self.generator.uniform(*self.sigma))}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        if any(k // 2 >= side for k, side in zip(self.kernel_size, image.shape)):
            raise ValueError(
                f"GaussianBlur: half of kernel_size {self.kernel_size} must be less than the"
                f" image's size {image.shape[:2]}"
            )
        values = image.astype(np.float64)
        for axis, size in enumerate(self.kernel_size):
            values = _filtered(values, axis, _gaussian(size, params["sigma"]))
        return (np.rint(values) if image.dtype == np.uint8 else values).astype(image.dtype)


def _gaussian(size: int, sigma: float) -> np.ndarray:
    x = np.arange(size) - size // 2
    kernel = np.exp(-0.5 * (x / sigma) ** 2)
    return kernel / kernel.sum()


def _filtered(values: np.ndarray, axis: int, kernel: np.ndarray) -> np.ndarray:
    """Sum of the kernel's values times the image shifted by as many pixels."""
    half, n = len(kernel) // 2, values.shape[axis]
    width = [(0, 0)] * 3
    width[axis] = (half, half)
    wide = np.moveaxis(np.pad(values, width, mode="reflect"), axis, 0)
    total = np.zeros_like(np.moveaxis(values, axis, 0))
    for k, weight in enumerate(kernel):
        total += weight * wide[k : k + n]
    return np.moveaxis(total, 0, axis)


class RandomErasing(Transform):
    """Replace a random rectangle, with probability p.

    Args:
        p: The probability.
        scale: The rectangle's lowest and highest share of the area.
        ratio: Its lowest and highest width / height; the logarithm is uniform.
        value: What it is filled with: a number, one for each channel, or "random" for normal
            numbers of mean 0 and deviation 1 (float images only).
        inplace: Taken for torch's sake; the input stays as it is.

    Example:
        >>> erased = RandomErasing(p=1.0, value=9.0)(np.zeros((8, 8, 3), np.float32))
        >>> bool((erased == 9).any())
        True

    Source: Zhong et al., "Random erasing data augmentation", arXiv:1708.04896, section 3.2.
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Any = (0.02, 0.33),
        ratio: Any = (0.3, 3.3),
        value: Any = 0.0,
        inplace: bool = False,
    ) -> None:
        self.p = probability("RandomErasing", p)
        self.scale = number_range("RandomErasing", "scale", scale, 0, 1)
        self.ratio = number_range("RandomErasing", "ratio", ratio, 1e-6, 1e6)
        self.value, self.inplace = value, inplace
        if isinstance(value, str) and value != "random":
            raise ValueError(f'RandomErasing: value must be numbers or "random", got {value!r}')

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        H, W, C = image.shape
        generator = self.generator
        if generator.random() >= self.p:
            return {}
        for _ in range(10):  # as often as torchvision tries
            area = H * W * generator.uniform(*self.scale)
            low, high = (math.log(r) for r in self.ratio)
            ratio = math.exp(generator.uniform(low, high))
            h, w = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if h < H and w < W:
                top, left = int(generator.integers(H - h + 1)), int(generator.integers(W - w + 1))
                value: Any = np.asarray(0 if isinstance(self.value, str) else self.value)
                if isinstance(self.value, str):
                    value = generator.standard_normal((h, w, C))
                return {"top": top, "left": left, "height": h, "width": w, "value": value}
        return {}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        if not params:
            return image
        value = params["value"]
        if value.ndim > 1 and image.dtype.kind != "f":
            raise TypeError(f'RandomErasing: value="random" needs a float image, got {image.dtype}')
        if value.ndim == 1 and len(value) not in (1, image.shape[2]):
            raise ValueError(
                f"RandomErasing: value has {len(value)} numbers for {image.shape[2]} channels"
            )
        top, left = params["top"], params["left"]
        erased = image.copy()
        erased[top : top + params["height"], left : left + params["width"]] = value
        return erased
