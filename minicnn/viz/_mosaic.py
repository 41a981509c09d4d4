"""Many small images as one array: quick to draw, and with nothing of matplotlib between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def gap_of(tile: tuple[int, ...]) -> int:
    """Return the pixels between tiles of this shape (H, W)."""
    return max(1, max(tile[:2]) // 14)


def mosaic(tiles: np.ndarray, columns: int) -> np.ndarray:
    """Return tiles row by row in one array, with gaps of NaN (of white if they are coloured).

    Args:
        tiles: Shape (n, H, W) or, coloured, (n, H, W, 3).
        columns: Tiles in a row.
    """
    n, height, width = tiles.shape[:3]
    gap = gap_of(tiles.shape[1:])
    rows = -(-n // columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, *tiles.shape[3:])
    picture = np.full(shape, 1.0 if tiles.ndim == 4 else np.nan)
    for i, tile in enumerate(tiles):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        picture[top : top + height, left : left + width] = tile
    return picture


def number_tiles(
    axes: Axes, tiles: tuple[int, ...], columns: int, row_name: str, column_name: str = ""
) -> None:
    """Number the rows and columns of a mosaic of `tiles` = (n, H, W).

    Without a name for columns, tile i is in the row of the largest number up to i, and its column
    says how much to add.
    """
    n, height, width = tiles[:3]
    gap = gap_of(tiles[1:])
    rows = -(-n // columns)
    table = bool(column_name)
    used = min(columns, n)
    every = -(-used // 32)
    axes.set_xticks(
        [i * (width + gap) + (width - 1) / 2 for i in range(0, used, every)],
        [f"{i}" if table or rows == 1 else f"+{i}" for i in range(0, used, every)],
    )
    axes.set_yticks(
        [i * (height + gap) + (height - 1) / 2 for i in range(rows)] if row_name else [],
        [str(i if table else i * columns) for i in range(rows)] if row_name else [],
    )
    axes.tick_params(length=0, labelsize="small")
    axes.set_xlabel(column_name if table else "")
    axes.set_ylabel(row_name)
