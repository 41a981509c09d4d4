"""Sums whose order depends on the shape alone, and whose error grows with log(n)."""

from __future__ import annotations

import numpy as np

_INT64 = np.dtype(np.int64)

CHUNK = 128  # numbers added one after the other before partial sums are added


def summed(x: np.ndarray, dims: tuple[int, ...], keepdim: bool) -> np.ndarray:
    """Sum over the axes `dims` (not negative) with an error that grows with log(n), not with n.

    NumPy sums pairwise along the last axis only; along any other it adds one row after the other.
    So a long axis is cut into chunks first. The order depends on the shape alone: a copy in C order
    makes it independent of the memory layout. Booleans and integers are counted in int64.
    """
    dtype = None if x.dtype.kind == "f" else _INT64
    if not x.dtype.isnative or not x.flags.aligned:  # NumPy would sum block by block
        x = x.astype(x.dtype.newbyteorder("="))
    if len(dims) == x.ndim:  # one long axis
        total = np.asarray(np.add.reduce(x.reshape(-1), dtype=dtype))
        return total.reshape((1,) * x.ndim) if keepdim else total
    x = np.ascontiguousarray(x)
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
    return np.asarray(x.sum(axis=dims, keepdims=keepdim, dtype=dtype))
