"""Images read at places that a grid names, and grids of affine maps: a spatial transformer.

Tests in tests/ops/test_grid_sample.py.

Source: Jaderberg et al., "Spatial transformer networks", arXiv:1506.02025, section 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import boolean, integer
from minicnn.autograd import Function
from minicnn.ops._operands import operands, require_floating
from minicnn.ops.indexing import getitem
from minicnn.ops.matmul import matmul
from minicnn.ops.rearrange import permute, transpose
from minicnn.ops.selection import where
from minicnn.ops.shape import check_memory
from minicnn.tensor import Tensor, as_tensor

PADDINGS = ("zeros", "border", "reflection")


class Moved(Function):
    """Places as they are brought into the image: these values, of this slope (1, -1 or 0)."""

    def __init__(self, values: np.ndarray, slope: np.ndarray) -> None:
        self.values, self.slope = values, slope

    def forward(self, x: np.ndarray) -> np.ndarray:
        return self.values.astype(x.dtype, copy=False)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return ((grad_y * self.slope).astype(grad_y.dtype, copy=False),)


def _brought_inside(place: Tensor, size: int, padding_mode: str, corners: bool) -> Tensor:
    """Return places from 0 to size - 1: the nearest, or those that mirrors at the edges show."""
    p, slope = place.data, np.ones_like(place.data)
    if padding_mode == "reflection":
        low, span = (0.0, size - 1) if corners else (-0.5, size)
        if span == 0:
            p, slope = np.zeros_like(p) + 0 * p, np.zeros_like(p)
        else:
            distance = np.abs(p - low)
            slope = np.where(p < low, -slope, slope)
            times, rest = np.divmod(distance, span)
            back = times % 2 == 1
            p = np.where(back, span - rest, rest) + low
            slope = np.where(back, -slope, slope)
    outside = (p <= 0) | (p >= size - 1)
    return Moved(np.clip(p, 0, size - 1), np.where(outside, 0, slope))(place)


def _pixels(place: Tensor, size: int, corners: bool, padding_mode: str) -> Tensor:
    """Return places in pixels, given those from -1 to 1."""
    p = (place + 1.0) * ((size - 1) / 2) if corners else ((place + 1.0) * float(size) - 1.0) * 0.5
    return p if padding_mode == "zeros" else _brought_inside(p, size, padding_mode, corners)


def _taken(x: Tensor, rows: np.ndarray, columns: np.ndarray) -> Tensor:
    """Return x[n, :, row, column], shape (N, H_out, W_out, C); 0 outside of the image."""
    N, _, H, W = x.shape
    inside = (rows >= 0) & (rows < H) & (columns >= 0) & (columns < W)
    # a place that is no number, or too far away for an integer, is outside
    i, j = (np.where(inside, places, 0).astype(np.intp) for places in (rows, columns))
    n = np.arange(N)[:, np.newaxis, np.newaxis]
    return where(inside[..., np.newaxis], getitem(x, (n, slice(None), i, j)), 0.0)


def grid_sample(
    input: Any,
    grid: Any,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Read images at places: y[n, :, i, j] is image n at the place grid[n, i, j] = (x, y).

    Args:
        input: Images, shape (N, C, H_in, W_in).
        grid: Places (x, y), shape (N, H_out, W_out, 2), from -1 (left, upper) to 1 (right, lower).
        mode: "bilinear", between four pixels, or "nearest".
        padding_mode: What lies outside: "zeros", the nearest pixel ("border"), or the image as
            mirrors at its edges show it ("reflection").
        align_corners: Whether -1 and 1 are the middles of the outermost pixels; None for False:
            their outer edges.

    Returns:
        Shape (N, C, H_out, W_out); NaN at places that are none. The gradient for the grid is 0 with
        "nearest", and where the image goes on as its border.

    Raises:
        ValueError: If a shape does not fit, there is no pixel, or a mode is none of these.

    Example:
        >>> grid_sample([[[[1.0, 3.0]]]], [[[[0.0, 0.0], [0.5, 0.0]]]])
        tensor([[[[2., 3.]]]])
    """
    op = "grid_sample"
    x, g = operands(op, require_floating(op, input), require_floating(op, grid))
    if x.ndim != 4 or g.ndim != 4 or g.shape[0] != x.shape[0] or g.shape[3] != 2:
        raise ValueError(
            f"{op}: input must have shape (N, C, H, W) and grid (N, H_out, W_out, 2), got"
            f" {x.shape} and {g.shape}"
        )
    if 0 in x.shape[1:] or 0 in g.shape[1:]:
        raise ValueError(f"{op}: there must be channels and pixels, got {x.shape} and {g.shape}")
    if mode not in ("bilinear", "nearest"):
        raise ValueError(f"{op}: mode must be 'bilinear' or 'nearest', got {mode!r}")
    if padding_mode not in PADDINGS:
        raise ValueError(f"{op}: padding_mode must be one of {PADDINGS}, got {padding_mode!r}")
    corners = _corners(op, align_corners)
    column = _pixels(g[..., 0], x.shape[3], corners, padding_mode)
    row = _pixels(g[..., 1], x.shape[2], corners, padding_mode)
    with np.errstate(invalid="ignore"):
        y = _bilinear(x, row, column) if mode == "bilinear" else _nearest(x, row, column)
    return permute(y, (0, 3, 1, 2))


def _corners(op: str, align_corners: Any) -> bool:
    return False if align_corners is None else boolean(op, "align_corners", align_corners)


def _bilinear(x: Tensor, row: Tensor, column: Tensor) -> Tensor:
    top, left = np.floor(row.data), np.floor(column.data)
    down, right = (row - top).unsqueeze(-1), (column - left).unsqueeze(-1)  # (N, H_out, W_out, 1)
    y = (1.0 - down) * (1.0 - right) * _taken(x, top, left)
    y = y + (1.0 - down) * right * _taken(x, top, left + 1)
    y = y + down * (1.0 - right) * _taken(x, top + 1, left)
    return y + down * right * _taken(x, top + 1, left + 1)


def _nearest(x: Tensor, row: Tensor, column: Tensor) -> Tensor:
    y = _taken(x, np.rint(row.data), np.rint(column.data))
    return y + ((row - row.data) + (column - column.data)).unsqueeze(-1) * 0.0  # NaN stays NaN


def affine_grid(theta: Any, size: Any, align_corners: bool | None = None) -> Tensor:
    """Return the grid for `grid_sample` of an affine map for each image.

    Args:
        theta: Maps from places of the output to places of the input, shape (N, 2, 3): a matrix and
            a shift.
        size: The output's shape, (N, C, H_out, W_out).
        align_corners: As of `grid_sample`.

    Returns:
        Shape (N, H_out, W_out, 2).

    Raises:
        ValueError: If a shape does not fit.

    Example:
        >>> affine_grid([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]], (1, 1, 1, 2)).tolist()
        [[[[-0.5, 0.0], [0.5, 0.0]]]]
    """
    op = "affine_grid"
    maps = require_floating(op, theta)
    if not isinstance(size, (tuple, list)) or len(size) != 4:
        raise ValueError(f"{op}: size must be four ints (N, C, H, W), got {size!r}")
    N, C, H, W = [integer(op, "size", n) for n in size]
    if maps.shape != (N, 2, 3) or min(C, H, W) < 1:
        raise ValueError(
            f"{op}: theta must have shape (N, 2, 3) for N = {N}, and C, H and W be positive, got"
            f" {maps.shape} and {(C, H, W)}"
        )
    corners = _corners(op, align_corners)
    check_memory(op, (N, H, W, 3))
    x, y = (_places(n, corners) for n in (W, H))
    grid = np.stack(np.broadcast_arrays(x, y[:, np.newaxis], 1.0), axis=-1)  # (H, W, 3)
    flat = as_tensor(grid.reshape(1, H * W, 3).astype(maps.dtype))
    return matmul(flat, transpose(maps, 1, 2)).reshape(N, H, W, 2)


def _places(n: int, corners: bool) -> np.ndarray:
    """Return the places of n pixels from -1 to 1."""
    ends = np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
    return ends if corners else ends * ((n - 1) / n)
