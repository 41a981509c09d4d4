"""Losses of a difference: squared, absolute and two between. Tests: test_regression_loss.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import real
from minicnn.ops._elementwise_loss import ElementwiseLoss
from minicnn.tensor import Tensor, as_tensor


class DifferenceLoss(ElementwiseLoss):
    """A loss of input - target alone, so that the target's slope is minus the input's."""

    def values(self, input: np.ndarray, target: np.ndarray) -> np.ndarray:
        self.difference = input - target
        return self.of_difference(self.difference)

    def slopes(self, of_target: bool) -> tuple[np.ndarray, np.ndarray | None]:
        slope = self.slope(self.difference)
        return slope, -slope if of_target else None

    def of_difference(self, d: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def slope(self, d: np.ndarray) -> np.ndarray:
        raise NotImplementedError


class MSELoss(DifferenceLoss):
    op = "mse_loss"

    def of_difference(self, d: np.ndarray) -> np.ndarray:
        return d * d

    def slope(self, d: np.ndarray) -> np.ndarray:
        return d + d


class L1Loss(DifferenceLoss):
    op = "l1_loss"

    def of_difference(self, d: np.ndarray) -> np.ndarray:
        return np.abs(d)

    def slope(self, d: np.ndarray) -> np.ndarray:
        return np.sign(d)


class HuberLoss(DifferenceLoss):
    """factor * d^2 / 2 up to |d| = bend, and the tangent from there on."""

    def __init__(self, op: str, reduction: Any, bend: float, factor: float) -> None:
        self.op = op
        super().__init__(reduction)
        self.bend, self.factor = bend, factor

    def of_difference(self, d: np.ndarray) -> np.ndarray:
        inside = np.minimum(np.abs(d), self.bend)
        return self.factor * inside * (np.abs(d) - inside / 2)

    def slope(self, d: np.ndarray) -> np.ndarray:
        return self.factor * np.clip(d, -self.bend, self.bend)


def mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """Take the squared difference of each element: (input - target)^2.

    Args:
        input: Any shape.
        target: The shape and dtype of input.
        reduction: "mean" (over all elements), "sum", or "none" for one value per element.

    Returns:
        Shape (), or that of input with reduction="none".

    Raises:
        ValueError: If the shapes differ, for broadcasting them is nearly always a mistake.
        TypeError: If the arrays are not both float32 or both float64.

    Example:
        >>> mse_loss([1.0, 2.0], [1.0, 4.0]).item()
        2.0

    Source: torch.nn.functional.mse_loss.
    """
    return MSELoss(reduction)(as_tensor(input), as_tensor(target))


def l1_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """Take the absolute difference of each element: |input - target|; its slope at 0 is 0.

    Args:
        input: Any shape.
        target: The shape and dtype of input.
        reduction: "mean" (over all elements), "sum", or "none" for one value per element.

    Returns:
        Shape (), or that of input with reduction="none".

    Raises:
        ValueError: If the shapes differ.
        TypeError: If the arrays are not both float32 or both float64.

    Example:
        >>> l1_loss([1.0, 2.0], [1.0, 4.0]).item()
        1.0

    Source: torch.nn.functional.l1_loss.
    """
    return L1Loss(reduction)(as_tensor(input), as_tensor(target))


def smooth_l1_loss(
    input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """Take d^2 / (2 * beta) where |d| < beta, else |d| - beta / 2, of d = input - target.

    Args:
        input: Any shape.
        target: The shape and dtype of input.
        reduction: "mean" (over all elements), "sum", or "none" for one value per element.
        beta: Where the parabola goes over into lines; 0 is `l1_loss`.

    Returns:
        Shape (), or that of input with reduction="none".

    Raises:
        ValueError: If the shapes differ, or beta is negative.
        TypeError: If the arrays are not both float32 or both float64.

    Example:
        >>> smooth_l1_loss([0.5, 3.0], [0.0, 0.0], reduction="none").tolist()
        [0.125, 2.5]

    Source: Girshick, "Fast R-CNN", arXiv:1504.08083, equation 3.
    """
    beta = real("smooth_l1_loss", "beta", beta)
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, got {beta}")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    loss = HuberLoss("smooth_l1_loss", reduction, beta, 1 / beta)
    return loss(as_tensor(input), as_tensor(target))


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """Take d^2 / 2 where |d| < delta, else delta * (|d| - delta / 2), of d = input - target.

    Args:
        input: Any shape.
        target: The shape and dtype of input.
        reduction: "mean" (over all elements), "sum", or "none" for one value per element.
        delta: Where the parabola goes over into lines; positive.

    Returns:
        Shape (), or that of input with reduction="none".

    Raises:
        ValueError: If the shapes differ, or delta is not positive.
        TypeError: If the arrays are not both float32 or both float64.

    Example:
        >>> huber_loss([0.5, 3.0], [0.0, 0.0], delta=2.0, reduction="none").tolist()
        [0.125, 4.0]

    Source: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics
    35 (1964), section 2.
    """
    delta = real("huber_loss", "delta", delta)
    if not delta > 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta}")
    loss = HuberLoss("huber_loss", reduction, delta, 1.0)
    return loss(as_tensor(input), as_tensor(target))
