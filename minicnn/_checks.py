"""The one gate that arguments pass on their way to the kernels.

What comes out is native-endian, aligned, C-contiguous float32 or float64, copied only if needed,
and integers that fit 64 bits. Shapes are checked once, in C++, where the arithmetic is.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def kernel_array(op: str, name: str, array: np.ndarray) -> np.ndarray:
    """Return `array` as a kernel can read it; raise TypeError unless it is float32 or float64."""
    dtype = array.dtype
    if dtype is not _FLOAT32 and dtype is not _FLOAT64:
        if dtype.kind != "f" or dtype.itemsize not in (4, 8):
            raise TypeError(f"{op}: {name} must be float32 or float64, got {dtype}")
        array = array.astype(_FLOAT32 if dtype.itemsize == 4 else _FLOAT64)  # other byte order
    if type(array) is np.ndarray and array.flags.carray:
        return array
    if not array.flags.aligned or not array.flags.c_contiguous:
        return np.array(array, order="C", subok=False)
    return np.asarray(array)  # a subclass, or read-only


def kernel_arrays(op: str, **arrays: np.ndarray) -> list[np.ndarray]:
    """Return the arrays as a kernel can read them; raise TypeError unless they share one dtype."""
    out = [kernel_array(op, name, array) for name, array in arrays.items()]
    if any(array.dtype is not out[0].dtype for array in out):
        got = ", ".join(f"{name} {array.dtype}" for name, array in zip(arrays, out))
        raise TypeError(f"{op}: {', '.join(arrays)} must all be float32 or all float64, got {got}")
    return out


def integer(op: str, name: str, value: Any) -> int:
    """Return `value` as an int of 64 bits; raise TypeError or ValueError if it is not one."""
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{op}: {name} must be an int, got {value!r}") from None
    if not -(2**63) <= number < 2**63:
        raise ValueError(f"{op}: {name} must fit in 64 bits, got {number}")
    return number


def single(op: str, name: str, value: Any) -> int:
    """Return the one int of an int or a tuple of one, as torch takes settings along one axis."""
    if isinstance(value, (tuple, list)):
        if len(value) != 1:
            raise TypeError(
                f"{op}: {name} must be an int or a tuple of one int, got {len(value)} values:"
                f" {value!r}"
            )
        value = value[0]
    return integer(op, name, value)


def pair(op: str, name: str, value: Any) -> tuple[int, int]:
    """Return (height, width) from one int or two."""
    if type(value) is int and -(2**63) <= value < 2**63:
        return value, value
    if isinstance(value, (tuple, list)):
        if len(value) != 2:
            raise TypeError(
                f"{op}: {name} must be an int or two ints (height, width),"
                f" got {len(value)} values: {value!r}"
            )
        return integer(op, name, value[0]), integer(op, name, value[1])
    try:
        number = integer(op, name, value)
    except TypeError:
        raise TypeError(
            f"{op}: {name} must be an int or two ints (height, width), got {value!r}"
        ) from None
    return number, number


def boolean(op: str, name: str, value: Any) -> bool:
    """Return `value` as a bool; raise TypeError if it is not one."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{op}: {name} must be True or False, got {value!r}")
    return bool(value)


def real(op: str, name: str, value: Any) -> float:
    """Return `value` as a float; raise TypeError if it is no number, ValueError if too large."""
    if type(value) is float:
        return value
    try:
        if isinstance(value, (str, bytes, bytearray)):  # which float() would read
            raise TypeError
        return float(value)
    except TypeError:
        raise TypeError(f"{op}: {name} must be a number, got {value!r}") from None
    except OverflowError:
        raise ValueError(f"{op}: {name} must fit in a float, got {value!r}") from None


def text(op: str, name: str, value: Any) -> str:
    """Return `value`; raise TypeError if it is no str."""
    if not isinstance(value, str):
        raise TypeError(f"{op}: {name} must be a str, got {value!r}")
    return value


def image_batch(op: str, x: np.ndarray) -> np.ndarray:
    """Return `x` as a kernel can read it, with shape (N, C, H, W); N is 1 if it had none."""
    if x.ndim not in (3, 4):
        raise ValueError(
            f"{op}: x must have shape (N, C, H, W) or (C, H, W), got {x.ndim} dimensions: {x.shape}"
        )
    x = kernel_array(op, "x", x)
    return x if x.ndim == 4 else x[np.newaxis]
