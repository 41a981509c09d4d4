"""Convolution by NumPy alone (im2col, matmul): a competitor and, in float64, the judge."""

from __future__ import annotations

import numpy as np
from shapes import ConvShape


def im2col(s: ConvShape, x: np.ndarray) -> np.ndarray:
    """Return the windows as a matrix for each image, shape (N, C * K * K, H_out * W_out)."""
    padded = np.pad(x, [(0, 0), (0, 0), (s.padding, s.padding), (s.padding, s.padding)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (s.K, s.K), axis=(2, 3))
    windows = windows[:, :, :: s.stride, :: s.stride]  # (N, C, H_out, W_out, K, K)
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(s.N, s.C * s.K**2, s.H_out**2)


def forward(s: ConvShape, x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    # (O, taps) @ (N, taps, positions) -> (N, O, positions)
    return np.matmul(weight.reshape(s.O, -1), im2col(s, x)).reshape(s.y)


def backward_weight(s: ConvShape, grad_y: np.ndarray, x: np.ndarray) -> np.ndarray:
    # (O, positions) @ (positions, taps), added over the images -> (O, taps)
    columns = im2col(s, x).transpose(0, 2, 1)
    per_image = np.matmul(grad_y.reshape(s.N, s.O, -1), columns)
    return per_image.sum(axis=0).reshape(s.weight)


def backward_input(s: ConvShape, grad_y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    # (taps, O) @ (N, O, positions) -> (N, taps, positions), each tap added where it was read
    columns = np.matmul(weight.reshape(s.O, -1).T, grad_y.reshape(s.N, s.O, -1))
    columns = columns.reshape(s.N, s.C, s.K, s.K, s.H_out, s.H_out)
    side = s.H + 2 * s.padding
    grad_x = np.zeros((s.N, s.C, side, side), dtype=grad_y.dtype)
    span = s.stride * s.H_out
    for kh in range(s.K):
        for kw in range(s.K):
            target = grad_x[:, :, kh : kh + span : s.stride, kw : kw + span : s.stride]
            target += columns[:, :, kh, kw]
    inner = slice(s.padding, s.padding + s.H)
    return grad_x[:, :, inner, inner]
