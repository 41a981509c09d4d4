"""The dtypes of tensors under torch's names: NumPy's, since a tensor holds a NumPy array."""

from __future__ import annotations

import numpy as np

float32: np.dtype[np.float32] = np.dtype("float32")
float64: np.dtype[np.float64] = np.dtype("float64")
int8: np.dtype[np.int8] = np.dtype("int8")
int16: np.dtype[np.int16] = np.dtype("int16")
int32: np.dtype[np.int32] = np.dtype("int32")
int64: np.dtype[np.int64] = np.dtype("int64")
uint8: np.dtype[np.uint8] = np.dtype("uint8")
bool: np.dtype[np.bool_] = np.dtype("bool")

# The second names that torch has for them. `float` is not NumPy's float64, as torch's is not.
float, double, short, int, long = float32, float64, int16, int32, int64

__all__ = [
    "bool",
    "double",
    "float",
    "float32",
    "float64",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "long",
    "short",
    "uint8",
]
