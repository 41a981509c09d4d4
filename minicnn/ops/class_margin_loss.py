"""Margins between a right class and the others: tests in tests/ops/test_margin_loss.py.

Source of the formulas: the documentation of torch.nn's losses of the same names.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer, real
from minicnn.ops._operands import require_floating
from minicnn.ops._reduction import check_reduction
from minicnn.ops.indexing import gather
from minicnn.ops.margin_loss import above_0, reduced
from minicnn.ops.selection import where
from minicnn.tensor import Tensor, as_tensor


def _rows(op: str, input: Any) -> Tensor:
    """Return scores as (N, C); raise unless they are that or (C,), with classes."""
    x = require_floating(op, input)
    if x.ndim not in (1, 2) or x.shape[-1] == 0:
        raise ValueError(f"{op}: input must have shape (N, C) or (C,), got {x.shape}")
    return x if x.ndim == 2 else x.reshape(1, -1)


def _classes(op: str, target: Any, shape: tuple[int, ...], least: int, C: int) -> np.ndarray:
    """Return class numbers; raise unless they are integers from `least` to C - 1 of this shape."""
    y = as_tensor(target).data
    if y.dtype.kind not in "iu":
        raise TypeError(f"{op}: target must be of integers, got {y.dtype}")
    if y.shape != shape:
        raise ValueError(f"{op}: target must have shape {shape}, got {y.shape}")
    if y.size and not least <= int(y.min()) <= int(y.max()) < C:
        raise ValueError(f"{op}: target must hold classes from {least} to {C - 1}")
    return y


def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Take the sum over the wrong classes of max(0, margin - right score + wrong score)^p, over C.

    Args:
        input: Scores, shape (N, C) or (C,).
        target: The right class of each sample, integers, shape (N,) or ().
        p: 1 or 2.
        margin: By how much the right score should be larger.
        weight: What a sample of each class counts, shape (C,).
        reduction: "mean", "sum", or "none" for one value per sample.

    Raises:
        ValueError: If a shape, a class or p is none of these.
        TypeError: If `target` is not of integers.

    Example:
        >>> multi_margin_loss([[1.0, 0.5, 2.0]], [0], margin=0.5).data.round(3).item()
        0.5
    """
    op = "multi_margin_loss"
    check_reduction(op, reduction)
    x, one = _rows(op, input), as_tensor(input).ndim == 1
    N, C = x.shape
    y = _classes(op, target, () if one else (N,), 0, C).reshape(-1, 1)
    if integer(op, "p", p) not in (1, 2):
        raise ValueError(f"{op}: p must be 1 or 2, got {p}")
    z = above_0(real(op, "margin", margin) - gather(x, 1, y) + x)
    z = z if p == 1 else z * z
    if weight is not None:
        w = as_tensor(weight)
        if w.shape != (C,):
            raise ValueError(f"{op}: weight must have shape ({C},), got {w.shape}")
        z = z * w[y]  # (N, 1) over (N, C)
    loss = where(np.arange(C) == y, 0.0, z).sum(1) / float(C)
    return reduced(loss.reshape(()) if one else loss, reduction)


def multilabel_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """Take the sum over right and wrong classes of max(0, 1 - right score + wrong score), over C.

    Args:
        input: Scores, shape (N, C) or (C,).
        target: The right classes of each sample, and -1 behind them, integers of the same shape.
        reduction: "mean", "sum", or "none" for one value per sample.

    Raises:
        ValueError: If a shape or a class is none of these.
        TypeError: If `target` is not of integers.

    Example:
        >>> multilabel_margin_loss([[0.5, 0.25, 1.0]], [[2, -1, 0]]).data.round(4).item()
        0.25
    """
    op = "multilabel_margin_loss"
    check_reduction(op, reduction)
    x, one = _rows(op, input), as_tensor(input).ndim == 1
    N, C = x.shape
    y = _classes(op, target, x.shape[1:] if one else x.shape, -1, C).reshape(N, C)
    given = np.logical_and.accumulate(y >= 0, axis=1)  # what stands behind a -1 is none
    right = np.zeros((N, C), bool)
    rows, places = np.nonzero(given)
    right[rows, y[rows, places]] = True
    scores = gather(x, 1, np.where(given, y, 0))
    z = above_0(1.0 - scores.reshape(N, C, 1) + x.reshape(N, 1, C))
    counted = given[:, :, np.newaxis] & ~right[:, np.newaxis, :]
    loss = where(counted, z, 0.0).sum((1, 2)) / float(C)
    return reduced(loss.reshape(()) if one else loss, reduction)
