"""Oracles in NumPy, which share no code with the library, and the comparison of results with them.

Each oracle computes in the dtype of its arguments: int64 for bit-exactness, a wider float for
error bounds.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

Pair = tuple[int, int]

# -- 2-D convolution ------------------------------------------------------------------------------


def conv2d_output_size(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    """Count the places of the kernel along one padded axis, one by one."""
    last = dilation * (kernel - 1)  # from the kernel's first cell to its last
    return sum(
        1 for first in range(0, size + 2 * padding, stride) if first + last < size + 2 * padding
    )


def _pad(x: np.ndarray, padding: Pair) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))


def _split(a: np.ndarray, axis: int, groups: int) -> np.ndarray:
    """Turn axis C into (groups, C / groups)."""
    return a.reshape(*a.shape[:axis], groups, a.shape[axis] // groups, *a.shape[axis + 1 :])


def _cells(
    kernel: Pair, out: Pair, stride: Pair, dilation: Pair
) -> Iterator[tuple[int, int, slice, slice]]:
    """Yield each kernel cell, and the rows and columns of the padded image that it meets."""
    for kh in range(kernel[0]):
        for kw in range(kernel[1]):
            top, left = kh * dilation[0], kw * dilation[1]
            rows = slice(top, top + (out[0] - 1) * stride[0] + 1, stride[0])
            columns = slice(left, left + (out[1] - 1) * stride[1] + 1, stride[1])
            yield kh, kw, rows, columns


def conv2d(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    dilation: Pair = (1, 1),
    groups: int = 1,
) -> np.ndarray:
    """y (N, C_out, H_out, W_out): for each kernel cell, all windows' pixels times its weights."""
    kernel = weight.shape[2:]
    out = tuple(
        conv2d_output_size(x.shape[2 + a], kernel[a], stride[a], padding[a], dilation[a])
        for a in (0, 1)
    )
    padded, w = _split(_pad(x, padding), 1, groups), _split(weight, 0, groups)
    y = np.zeros((len(x), groups, w.shape[1], *out), x.dtype)
    for kh, kw, rows, columns in _cells(kernel, out, stride, dilation):
        y += np.einsum("ngchw,goc->ngohw", padded[..., rows, columns], w[..., kh, kw])
    y = y.reshape(len(x), len(weight), *out)
    return y if bias is None else y + bias[:, None, None]


def conv2d_grad_x(
    grad_y: np.ndarray,
    x: np.ndarray,
    weight: np.ndarray,
    *,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """dL/dx for L = sum(grad_y * conv2d(x, weight))."""
    grad, w = _split(grad_y, 1, groups), _split(weight, 0, groups)
    grad_padded = np.zeros_like(_split(_pad(x, padding), 1, groups))
    for kh, kw, rows, columns in _cells(weight.shape[2:], grad_y.shape[2:], stride, dilation):
        grad_padded[..., rows, columns] += np.einsum("ngohw,goc->ngchw", grad, w[..., kh, kw])
    (top, left), (H, W) = padding, x.shape[2:]
    return grad_padded[..., top : top + H, left : left + W].reshape(x.shape)


def conv2d_grad_weight(
    grad_y: np.ndarray,
    x: np.ndarray,
    weight: np.ndarray,
    *,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """dL/dweight for L = sum(grad_y * conv2d(x, weight))."""
    grad, padded = _split(grad_y, 1, groups), _split(_pad(x, padding), 1, groups)
    grad_w = np.zeros_like(_split(weight, 0, groups))
    for kh, kw, rows, columns in _cells(weight.shape[2:], grad_y.shape[2:], stride, dilation):
        grad_w[..., kh, kw] = np.einsum("ngohw,ngchw->goc", grad, padded[..., rows, columns])
    return grad_w.reshape(weight.shape)


def conv2d_all(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, grad_y: np.ndarray, **options: Any
) -> dict[str, np.ndarray]:
    """The result and the three gradients, by name."""
    return {
        "y": conv2d(x, weight, bias, **options),
        "grad_x": conv2d_grad_x(grad_y, x, weight, **options),
        "grad_weight": conv2d_grad_weight(grad_y, x, weight, **options),
        "grad_bias": grad_y.sum(axis=(0, 2, 3)),
    }


# -- comparison -----------------------------------------------------------------------------------


def _check_kind(actual: Any, shape: tuple[int, ...], dtype: Any, label: str) -> None:
    assert isinstance(actual, np.ndarray), f"{label}: an ndarray was expected, got {type(actual)}"
    assert actual.dtype == np.dtype(dtype), f"{label}: dtype {actual.dtype}, expected {dtype}"
    assert actual.shape == shape, f"{label}: shape {actual.shape}, expected {shape}"


def _report(
    label: str, wrong: np.ndarray, actual: np.ndarray, expected: np.ndarray, why: str
) -> str:
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    return (
        f"{label}: {np.count_nonzero(wrong)} of {wrong.size} values {why}; the first at {first}:"
        f" got {actual[first]!r}, expected {expected[first]!r}"
    )


def assert_exact(actual: Any, expected: np.ndarray, dtype: Any, label: str = "result") -> None:
    """Fail unless `actual` has this dtype and equals the integers `expected`, every one."""
    _check_kind(actual, expected.shape, dtype, label)
    wrong = ~(actual == expected)
    assert not wrong.any(), _report(label, wrong, actual, expected, "differ")


def assert_same_bits(actual: Any, expected: np.ndarray, label: str = "result") -> None:
    """Fail unless both arrays have the same dtype, shape and bits (-0 is not 0 here)."""
    _check_kind(actual, expected.shape, expected.dtype, label)
    unsigned = f"u{expected.dtype.itemsize}"
    wrong = np.ascontiguousarray(actual).view(unsigned) != np.ascontiguousarray(expected).view(
        unsigned
    )
    assert not wrong.any(), _report(label, wrong, actual, expected, "have other bits")


def assert_close(
    actual: Any,
    expected: np.ndarray,
    cond: np.ndarray,
    dtype: Any,
    label: str = "result",
    factor: float | np.ndarray = 8,
) -> None:
    """Fail unless |actual - expected| <= factor * eps * cond everywhere.

    Args:
        actual: The library's result.
        expected: The oracle's, in float64.
        cond: The same operation on absolute values: the size of what was added up. It scales the
            error that rounding may cause, also where the terms cancel and the result is near 0.
        dtype: What `actual` must be; its eps is meant.
        factor: Roundings allowed.
    """
    _check_kind(actual, expected.shape, dtype, label)
    assert np.isfinite(expected).all(), f"{label}: the oracle itself is not finite"
    allowed = factor * np.finfo(actual.dtype).eps * cond
    wrong = ~(np.abs(actual.astype(np.float64) - expected) <= allowed)  # true for NaN too
    assert not wrong.any(), _report(label, wrong, actual, expected, "are too far off")


def assert_follows(op: Any, formula: Any, x: np.ndarray, roundings: int) -> None:
    """Fail unless op(x) has x's dtype and shape and is the formula's value in float64.

    Up to some roundings of x and of the value: x may have been rounded before it came here.
    """
    y, expected = op(x).data, formula(x.astype(np.float64))
    _check_kind(y, x.shape, x.dtype, "result")
    limits = np.finfo(x.dtype)
    allowed = roundings * limits.eps * (abs(x) + abs(expected)) + limits.tiny
    assert (abs(y - expected) <= allowed).all()
