"""How a loss makes one number of many: torch's `reduction`."""

from __future__ import annotations

from typing import Any

import numpy as np

REDUCTIONS = ("mean", "sum", "none")


def check_reduction(op: str, reduction: Any) -> str:
    """Return `reduction` if it is one of the three; raise ValueError otherwise."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{op}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    return str(reduction)


def reduce(loss: np.ndarray, reduction: str, divisor: float | None = None) -> np.ndarray:
    """Return the loss as `reduction` says; "mean" divides by `divisor`, or by the number of values.

    The sum is carried in float64, so that its error does not grow with the batch.
    """
    if reduction == "none":
        return loss
    total = loss.sum(dtype=np.float64)
    if reduction == "mean":
        with np.errstate(divide="ignore", invalid="ignore"):  # the mean of nothing is NaN
            total = total / (loss.size if divisor is None else np.float64(divisor))
    return np.asarray(total, dtype=loss.dtype)


def spread(
    grad_loss: np.ndarray, reduction: str, size: int, divisor: float | None = None
) -> np.ndarray:
    """Return dL/d(loss before `reduce`), given dL/d(what it returned)."""
    if reduction != "mean":
        return grad_loss
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.divide(1.0, size if divisor is None else divisor)
    return np.asarray(grad_loss * scale, dtype=grad_loss.dtype)
