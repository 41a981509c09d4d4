"""What filters accept: photos, kernels, numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer


def photo(op: str, image: Any) -> np.ndarray:
    """Return a photo as an array (H, W) or (H, W, 3), float32 or float64.

    Bytes become float64, still 0 to 255.
    """
    array = np.asarray(image)
    if array.dtype != np.uint8 and array.dtype not in (np.float32, np.float64):
        raise TypeError(
            f"{op}: image must be uint8, float32 or float64, got {array.dtype}; convert it first"
        )
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)):
        hint = ""
        if array.ndim == 3 and array.shape[0] in (1, 3):
            hint = ": channels come last here, see np.moveaxis(image, 0, -1)"
        elif array.ndim == 4:
            hint = ": pass one image, as in images[0]"
        raise ValueError(
            f"{op}: image must have shape (H, W) or (H, W, 3), got {array.shape}{hint}"
        )
    if 0 in array.shape:
        raise ValueError(f"{op}: image has no pixels, its shape is {array.shape}")
    if array.dtype == np.uint8:
        return array.astype(np.float64)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def kernel_values(op: str, kernel: Any) -> np.ndarray:
    """Return a kernel as float64, shape (K_h, K_w)."""
    values = np.asarray(kernel)
    if values.dtype.kind not in "fiub":
        raise TypeError(f"{op}: kernel must hold real numbers, got {values.dtype}")
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"{op}: kernel must have shape (K_h, K_w), got {values.shape}")
    return values.astype(np.float64)


def odd(op: str, name: str, value: Any) -> int:
    number = integer(op, name, value)
    if number < 1 or number % 2 == 0:
        raise ValueError(f"{op}: {name} must be odd and positive, got {number}")
    if number > 4095:
        raise ValueError(f"{op}: {name} must be at most 4095 pixels, got {number}")
    return number


def positive(op: str, name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{op}: {name} must be a number, got {value!r}") from None
    if not 0 < number < np.inf:
        raise ValueError(f"{op}: {name} must be positive and finite, got {number}")
    return number
