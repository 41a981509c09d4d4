"""Sums of two arrays, for the operation `add` and for gradients that meet: kernel in cpp/add/."""

from __future__ import annotations

import numpy as np

from minicnn import _core

WORTH_A_KERNEL = 16384  # elements; NumPy's call is shorter below


def added(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return a + b in new memory; large arrays of one shape by all threads, with the same bits."""
    if (
        a.size >= WORTH_A_KERNEL
        and a.shape == b.shape
        and a.dtype is b.dtype
        and a.dtype.char in "fd"
        and a.dtype.isnative
        and a.flags.c_contiguous
        and b.flags.c_contiguous
        and a.flags.aligned
        and b.flags.aligned
    ):
        return _core.add_forward(np.asarray(a), np.asarray(b))
    return a + b
