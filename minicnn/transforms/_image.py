"""What every transform of images shares: their forms, and the one that is computed with.

An array is an image with its channels last, (H, W, C) or (H, W); a tensor has them first,
(C, H, W). Inside it is always an array (H, W, C).
"""

from __future__ import annotations

import numbers
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.random import current_generator
from minicnn.tensor import Tensor


class Transform:
    """Something that is done to an image: a subclass defines `transform`, and `make_params` too if
    it draws at random.

    It is called on an image; what else is given (a label) is returned as it is. An image is an
    array, uint8 of 0..255 or float of 0..1, of shape (H, W, C) or (H, W); a tensor of shape
    (C, H, W); or a PIL image, which becomes an array. What comes out has the form that came in.

    Random numbers come from `minicnn.random.current_generator()`: inside a `DataLoader` that is a
    stream of the sample's own, so that its augmentation depends on seed, epoch and place alone.

    Example:
        >>> class Darker(Transform):
        ...     def make_params(self, image):
        ...         return {"factor": self.generator.random()}
        ...     def transform(self, image, params):
        ...         return (image * params["factor"]).astype(image.dtype)
        >>> Darker()(np.full((2, 2), 255, np.uint8)).dtype
        dtype('uint8')
    """

    @property
    def generator(self) -> np.random.Generator:
        """What to draw from now."""
        return current_generator()

    def make_params(self, image: np.ndarray) -> dict[str, Any]:
        """Draw what is random, for an image of shape (H, W, C)."""
        return {}

    def transform(self, image: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        """Return the new image; both have shape (H, W, C)."""
        raise NotImplementedError(f"{type(self).__name__} does not define transform")

    def __call__(self, image: Any, *others: Any) -> Any:
        pixels, restore = channels_last(type(self).__name__, image)
        result = restore(self.transform(pixels, self.make_params(pixels)))
        return (result, *others) if others else result

    def __repr__(self) -> str:
        shown = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in shown.items())})"


def array_of(image: Any) -> Any:
    """Return a PIL image as an array, and all else as it is."""
    pil = sys.modules.get("PIL.Image")  # nobody has a PIL image who has not imported it
    if pil is None or not isinstance(image, pil.Image):
        return image
    if image.mode in ("1", "P", "PA", "LA", "La", "CMYK", "YCbCr", "LAB", "HSV", "RGBa", "RGBX"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    if image.mode not in ("L", "RGB", "RGBA"):
        raise TypeError(
            f"transforms: a PIL image must have 8 bits a channel, got mode {image.mode!r}; convert"
            " it before"
        )
    return np.array(image)


def channels_last(name: str, image: Any) -> tuple[np.ndarray, Callable[[np.ndarray], Any]]:
    """Return the pixels, shape (H, W, C), and what gives such an array the image's form again."""
    image = array_of(image)
    if isinstance(image, Tensor):
        pixels = image.data
        if pixels.ndim != 3:
            raise ValueError(f"{name}: a tensor must have shape (C, H, W), got {pixels.shape}")
        pixels = pixels.transpose(1, 2, 0)
    elif isinstance(image, np.ndarray):
        pixels = image
        if pixels.ndim not in (2, 3):
            raise ValueError(
                f"{name}: an array must have shape (H, W, C) or (H, W), got {pixels.shape}; only a"
                " tensor has its channels first"
            )
    else:
        raise TypeError(
            f"{name}: an image must be an array, a tensor or a PIL image, got"
            f" {type(image).__name__}"
        )
    if pixels.dtype != np.uint8 and pixels.dtype.kind != "f":
        raise TypeError(f"{name}: an image must be uint8 or float, got {pixels.dtype}")
    if 0 in pixels.shape:
        raise ValueError(f"{name}: an image must have pixels, got shape {image.shape}")
    if isinstance(image, Tensor):
        return pixels, _to_tensor
    if pixels.ndim == 3:
        return pixels, np.ascontiguousarray
    return pixels[:, :, None], _to_plane


def _to_tensor(pixels: np.ndarray) -> Tensor:
    return Tensor.of_array(np.ascontiguousarray(pixels.transpose(2, 0, 1)))


def _to_plane(pixels: np.ndarray) -> np.ndarray:
    """(H, W, 1) -> (H, W); Grayscale may have made three channels of the one."""
    return np.ascontiguousarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def white(pixels: np.ndarray) -> float:
    """Return the value of full brightness."""
    return 255 if pixels.dtype == np.uint8 else 1


def filled(name: str, fill: Any, pixels: np.ndarray) -> np.ndarray:
    """Return `fill` for each channel, in the image's dtype; raise if it is no such value."""
    values = np.atleast_1d(np.asarray(fill))
    channels = pixels.shape[2]
    if values.ndim != 1 or len(values) not in (1, channels) or values.dtype.kind not in "iuf":
        raise ValueError(
            f"{name}: fill must be a number or one for each of {channels} channels, got {fill!r}"
        )
    if pixels.dtype == np.uint8 and not all(0 <= v <= 255 and v == int(v) for v in values):
        raise ValueError(f"{name}: fill of a uint8 image must be ints of 0 to 255, got {fill!r}")
    return np.broadcast_to(values.astype(pixels.dtype), (channels,))


def height_width(name: str, size: Any) -> tuple[int, int]:
    """Return (height, width) from an int or one or two of them, all at least 1."""
    values = [size] if not isinstance(size, (tuple, list)) else list(size)
    if len(values) not in (1, 2):
        raise ValueError(f"{name}: size must be an int or two ints (height, width), got {size!r}")
    sides = [integer(name, "size", value) for value in values]
    if min(sides) < 1:
        raise ValueError(f"{name}: size must be at least 1, got {size!r}")
    return sides[0], sides[-1]


def number_range(
    name: str, argument: str, value: Any, low: float = -np.inf, high: float = np.inf
) -> tuple[float, float]:
    """Return (lowest, highest) from two numbers; raise unless low <= lowest <= highest <= high."""
    if not isinstance(value, Sequence) or len(value) != 2:
        raise TypeError(f"{name}: {argument} must be two numbers (lowest, highest), got {value!r}")
    first, last = (real(name, argument, v) for v in value)
    if not low <= first <= last <= high:
        raise ValueError(
            f"{name}: {argument} must be (lowest, highest) in [{low:g}, {high:g}], got {value!r}"
        )
    return first, last


def probability(name: str, p: Any) -> float:
    """Return p; raise unless it is in [0, 1]."""
    p = real(name, "p", p)
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p must be in [0, 1], got {p:g}")
    return float(p)


def real(name: str, argument: str, value: Any) -> float:
    """Return the value as a float; raise TypeError if it is no number."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name}: {argument} must be a number, got {value!r}")
    return float(value)
