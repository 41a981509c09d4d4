"""Negative log-likelihoods of counts and of real numbers: tests/ops/test_likelihood_loss.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn._checks import boolean, real
from minicnn.ops._reduction import check_reduction
from minicnn.ops.elementwise import exp, log
from minicnn.ops.margin_loss import alike, reduced
from minicnn.ops.selection import where
from minicnn.tensor import Tensor, as_tensor


def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Take rate - target * log(rate): how unlikely counts are, but for a constant.

    Args:
        input: The logarithm of the expected count, or with log_input=False the count; any shape.
        target: The counts, a shape that broadcasts.
        log_input: See above.
        full: Whether to add Stirling's approximation of log(target!), where target > 1.
        eps: Added to a count before its logarithm is taken.
        reduction: "mean", "sum", or "none" for one value per element.

    Raises:
        ValueError: If the shapes do not broadcast.

    Example:
        >>> poisson_nll_loss([0.0], [2.0])
        tensor(1.)
    """
    op = "poisson_nll_loss"
    check_reduction(op, reduction)
    x, y = alike(op, input, target)
    if boolean(op, "log_input", log_input):
        loss = exp(x) - y * x
    else:
        loss = x - y * log(x + real(op, "eps", eps))
    if boolean(op, "full", full):
        t = where(y.data > 1, y, 1.0)  # so that no logarithm of 0 is taken
        stirling = t * log(t) - t + 0.5 * log(2 * math.pi * t)
        loss = loss + where(y.data > 1, stirling, 0.0)
    return reduced(loss, reduction)


def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Take (log(var) + (input - target)^2 / var) / 2: how unlikely numbers are, but for a constant.

    Args:
        input: The expected numbers, shape (..., D).
        target: The numbers, a shape that broadcasts.
        var: Their variances: a number, of the shape of input, (..., 1), or without the last axis.
        full: Whether to add the constant, log(2 * pi) / 2.
        eps: The smallest variance; smaller ones count as this, and their gradient is taken there.
        reduction: "mean", "sum", or "none" for one value per element.

    Raises:
        ValueError: If a variance is negative, or the shapes do not fit.

    Example:
        >>> gaussian_nll_loss([1.0], [3.0], [1.0])
        tensor(2.)

    Source: Nix & Weigend, "Estimating the mean and variance of the target probability
    distribution", ICNN 1994, equation 5.
    """
    op = "gaussian_nll_loss"
    check_reduction(op, reduction)
    x, y = alike(op, input, target)
    v = as_tensor(var)
    if v.ndim and v.shape == x.shape[:-1]:
        v = v.unsqueeze(-1)
    elif v.ndim and v.shape != x.shape and v.shape != (*x.shape[:-1], 1):
        raise ValueError(
            f"{op}: var must have the shape of input, {x.shape}, with a last axis of 1 or without"
            f" it, got {v.shape}"
        )
    v = alike(op, x, v)[1]
    if (v.data < 0).any():
        raise ValueError(f"{op}: var must not be negative, got {v.data.min()}")
    v = v + np.maximum(real(op, "eps", eps) - v.data, 0).astype(v.dtype)
    difference = x - y
    loss = 0.5 * (log(v) + difference * difference / v)
    if boolean(op, "full", full):
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction)
