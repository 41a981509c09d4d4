"""Crops and flips of images out of a dataset's array: kernel in cpp/augment/."""

from __future__ import annotations

import numpy as np

from minicnn import _core


def augment(
    x: np.ndarray,
    indices: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    size: tuple[int, int],
    tables: np.ndarray,
    fill: int = 0,
) -> np.ndarray:
    """Gather images, cut a rectangle out of each, maybe flipped, and look each byte up in a table.

    Not differentiable: it makes a batch, in one pass, of what `minicnn.transforms` would make of
    each image.

    Args:
        x: Images, uint8 of shape (N_all, H_in, W_in, C), of any strides.
        indices: Which of them, int64 of shape (N,).
        rows: For each, the input row that output row 0 shows, and the step from row to row, 1 or
            -1; int64 of shape (N, 2).
        columns: The same for columns.
        size: (H_out, W_out).
        tables: What each byte becomes in each channel, float32 of shape (C, 256).
        fill: The byte that stands outside of the image.

    Returns:
        float32 of shape (N, C, H_out, W_out).

    Raises:
        ValueError: If shapes do not agree or an index is out of range.
        TypeError: If an array has another dtype.

    Example:
        >>> x = np.arange(6, dtype=np.uint8).reshape(1, 2, 3, 1)
        >>> line, flipped = np.array([[0, 1]]), np.array([[2, -1]])
        >>> tables = np.arange(256, dtype=np.float32)[None]
        >>> augment(x, np.array([0]), line, flipped, (2, 3), tables)[0, 0].tolist()
        [[2.0, 1.0, 0.0], [5.0, 4.0, 3.0]]
    """
    dtypes = {"x": np.uint8, "indices": np.int64, "rows": np.int64, "columns": np.int64}
    given = {"x": x, "indices": indices, "rows": rows, "columns": columns, "tables": tables}
    for name, array in given.items():
        dtype = np.dtype(dtypes.get(name, np.float32))
        if not isinstance(array, np.ndarray) or array.dtype != dtype:
            got = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
            raise TypeError(f"augment: {name} must be an array of {dtype}, got {got}")
    indices, rows, columns, tables = (
        np.ascontiguousarray(array) for array in (indices, rows, columns, tables)
    )
    return _core.augment_forward(x, indices, rows, columns, size, tables, fill)
