"""Sums whose order depends on the shape alone, and whose error grows with log(n)."""

from __future__ import annotations

from typing import Any

import numpy as np

CHUNK = 128  # numbers added one after the other before partial sums are added


def summed(x: np.ndarray, dims: tuple[int, ...], keepdim: bool) -> np.ndarray:
    """Sum over the axes `dims` (not negative) with an error that grows with log(n), not with n.

    NumPy sums pairwise along the last axis only; along any other it adds one row after the other.
    So a long axis is cut into chunks first. The order depends on the shape alone: a copy in C order
    makes it independent of the memory layout.
    """
    x = np.ascontiguousarray(x) if x.ndim else x
    if len(dims) == x.ndim:  # one long axis
        total = np.asarray(x.reshape(-1).sum(dtype=_sum_dtype(x.dtype)))
        return total.reshape((1,) * x.ndim) if keepdim else total
    for dim in dims:
        n = x.shape[dim]
        if n >= 2 * CHUNK and dim != x.ndim - 1:
            whole = n - n % CHUNK
            before, after = x.shape[:dim], x.shape[dim + 1 :]
            head = x[(slice(None),) * dim + (slice(whole),)]
            parts = head.reshape(*before, whole // CHUNK, CHUNK, *after).sum(axis=dim + 1)
            if whole < n:
                rest = x[(slice(None),) * dim + (slice(whole, None),)].sum(axis=dim, keepdims=True)
                parts = np.concatenate([parts, rest], axis=dim)
            return summed(parts, dims, keepdim)
    return np.asarray(x.sum(axis=dims, keepdims=keepdim, dtype=_sum_dtype(x.dtype)))


def _sum_dtype(dtype: np.dtype[Any]) -> np.dtype[Any] | None:
    return None if dtype.kind == "f" else np.dtype(np.int64)
