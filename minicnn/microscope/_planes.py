"""Drawings of image planes with the window of a convolution or pooling on them."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.microscope._document import Data, figure


class Planes:
    """Planes of one size, the zero padding around them, and which cells a window covers.

    Args:
        size: Rows and columns of a plane.
        rows: The row of the plane under each row of the window at each output row, by the kernels.
        cols: Likewise for columns.
    """

    def __init__(self, size: tuple[int, int], rows: np.ndarray, cols: np.ndarray) -> None:
        self.size, self.rows, self.cols = size, rows, cols
        top, left = max(0, -rows.min()), max(0, -cols.min())
        bottom, right = max(0, rows.max() + 1 - size[0]), max(0, cols.max() + 1 - size[1])
        self.margin = [int(side) for side in (top, bottom, left, right)]
        self.width = size[1] + self.margin[2] + self.margin[3]

    def window(self, ho: int, wo: int) -> list[int]:
        """Return the cells, margin included, under the window at (ho, wo), row by row."""
        rows, cols = self.rows[ho] + self.margin[0], self.cols[wo] + self.margin[2]
        return (rows[:, None] * self.width + cols).ravel().tolist()

    def pixels(self, ho: int, wo: int) -> list[int]:
        """Return the flat index in the plane of each cell of the window, -1 in the padding."""
        (H, W), rows, cols = self.size, self.rows[ho], self.cols[wo]
        inside = ((rows >= 0) & (rows < H))[:, None] & (cols >= 0) & (cols < W)
        return np.where(inside, rows[:, None] * W + cols, -1).ravel().tolist()

    def inside(self, ho: int, wo: int) -> list[int]:
        """Return the cells under the window that are not padding."""
        pairs = zip(self.window(ho, wo), self.pixels(ho, wo))
        return [cell for cell, pixel in pairs if pixel >= 0]

    def cell(self, pixel: int) -> int:
        """Return the cell, margin included, of a flat index in the plane."""
        hi, wi = divmod(pixel, self.size[1])
        return (hi + self.margin[0]) * self.width + wi + self.margin[2]

    def draw(self, array: str, plane: int, caption: str, **more: Any) -> Data:
        """Return the drawing of one plane of an array (..., H, W) with its padding."""
        start = plane * self.size[0] * self.size[1]
        return figure(array, start, self.size, caption, margin=self.margin, **more)
