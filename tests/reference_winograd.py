"""How large the intermediate values of Winograd's convolution get, for the bounds of its rounding.

F(M x M, 3 x 3) computes y = A^T [(G w G^T) . (B^T x B)] A for each tile; see cpp/conv2d/. The
matrices follow here from the points of evaluation by Lagrange's formula, with no regard to the
library's; `steps` on absolute values and absolute matrices is the cond of the algorithm, as conv2d
on absolute values is that of the definition.

Source: Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv:1509.09308.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

POINTS = {2: (0.0, 1.0, -1.0), 4: (0.0, 0.625, -0.625, 1.5, -1.5)}  # and infinity


def matrices(M: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return A^T (M, M + 2), G (M + 2, 3) and B^T (M + 2, M + 2)."""
    points = np.array(POINTS[M])
    A_T, G, B_T = np.zeros((M, M + 2)), np.zeros((M + 2, 3)), np.zeros((M + 2, M + 2))
    for j, point in enumerate(points):
        others = np.delete(points, j)
        A_T[:, j] = point ** np.arange(M)
        G[j] = point ** np.arange(3) / np.prod(point - others)
        B_T[j, : M + 1] = np.poly(others)[::-1]
    A_T[-1, -1] = G[-1, -1] = 1
    B_T[-1] = np.poly(points)[::-1]
    return A_T, G, B_T


def both_axes(matrix: np.ndarray, a: np.ndarray) -> np.ndarray:
    """matrix @ a @ matrix^T, over the last two axes."""
    return matrix @ a @ matrix.T


def tiles(a: np.ndarray, count: tuple[int, int], step: int, size: int) -> np.ndarray:
    """Cut (N, C, H, W) into (N, C, count, size, size), the tiles `step` pixels apart."""
    grow = [max(0, (n - 1) * step + size - have) for n, have in zip(count, a.shape[2:])]
    a = np.pad(a, ((0, 0), (0, 0), (0, grow[0]), (0, grow[1])))
    windows = sliding_window_view(a, (size, size), axis=(2, 3))
    return windows[:, :, : count[0] * step : step, : count[1] * step : step]


def winograd(
    x: np.ndarray,
    weight: np.ndarray,
    grad_y: np.ndarray,
    padding: tuple[int, int],
    M: int,
    cond: bool,
) -> dict[str, np.ndarray]:
    """Compute y, grad_x and grad_weight tile by tile; with `cond`, of absolute values."""
    A_T, G, B_T = matrices(M)
    if cond:
        x, weight, grad_y, A_T, G, B_T = (abs(a) for a in (x, weight, grad_y, A_T, G, B_T))

    def forward(image: np.ndarray, kernel: np.ndarray, top: int, left: int) -> np.ndarray:
        image = np.pad(image, ((0, 0), (0, 0), (top, top), (left, left)))
        H, W = image.shape[2] - 2, image.shape[3] - 2
        V = both_axes(B_T, tiles(image, (-(-H // M), -(-W // M)), M, M + 2))
        products = np.einsum("ocij,nchwij->nohwij", both_axes(G, kernel), V)
        y = both_axes(A_T, products).swapaxes(3, 4)  # (N, C_out, rows, M, columns, M)
        return y.reshape(*y.shape[:2], y.shape[2] * M, -1)[:, :, :H, :W]

    (top, left), (H, W) = padding, grad_y.shape[2:]
    count = (-(-H // M), -(-W // M))
    padded = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)))
    V = both_axes(B_T, tiles(padded, count, M, M + 2))
    Z = both_axes(A_T.T, tiles(grad_y, count, M, M))
    return {
        "y": forward(x, weight, top, left),
        "grad_x": forward(grad_y, weight.swapaxes(0, 1)[..., ::-1, ::-1], 2 - top, 2 - left),
        "grad_weight": both_axes(G.T, np.einsum("nohwij,nchwij->ocij", Z, V)),
    }
