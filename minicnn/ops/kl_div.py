"""The Kullback-Leibler divergence. Tests in tests/ops/test_kl_div.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import boolean
from minicnn.ops._elementwise_loss import ElementwiseLoss
from minicnn.tensor import Tensor, as_tensor


class KLDiv(ElementwiseLoss):
    """p * (log p - input), where p is the target, or exp(target) if that holds logarithms."""

    op = "kl_div"

    def __init__(self, reduction: Any, log_target: Any) -> None:
        super().__init__(reduction)
        self.log_target = boolean(self.op, "log_target", log_target)

    def values(self, input: np.ndarray, target: np.ndarray) -> np.ndarray:
        self.p = np.exp(target) if self.log_target else target
        log_p = target
        if not self.log_target:
            log_p = np.zeros_like(target)  # p * log p is 0 at p = 0
            with np.errstate(invalid="ignore"):
                np.log(target, out=log_p, where=target != 0)
        self.log_ratio = log_p - input
        values = np.zeros_like(input)  # a class of probability 0 costs nothing, but a NaN is shown
        np.multiply(self.p, self.log_ratio, out=values, where=(self.p != 0) | np.isnan(input))
        return values

    def slopes(self, of_target: bool) -> tuple[np.ndarray, np.ndarray | None]:
        if not of_target:
            return -self.p, None
        target_slope = self.log_ratio + 1
        return -self.p, self.p * target_slope if self.log_target else target_slope


def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """Take target * (log(target) - input) of each element: how far exp(input) is from target.

    Args:
        input: Log-probabilities, any shape.
        target: Probabilities of the shape and dtype of input; their logarithms with log_target.
        reduction: "batchmean" (the sum over shape[0], which is the divergence's definition),
            "mean" (over all elements), "sum", or "none" for one value per element.
        log_target: Whether target holds logarithms.

    Returns:
        Shape (), or that of input with reduction="none". A probability of 0 contributes 0.

    Raises:
        ValueError: If the shapes differ.
        TypeError: If the arrays are not both float32 or both float64.

    Example:
        >>> log_q = np.log([[0.5, 0.5]])
        >>> kl_div(log_q, np.array([[1.0, 0.0]]), reduction="batchmean").item()
        0.6931471805599453

    Source: Kullback & Leibler, "On information and sufficiency", 1951, equation 2.4; the arguments
    are those of torch.nn.functional.kl_div.
    """
    input, target = as_tensor(input), as_tensor(target)
    if reduction != "batchmean":
        return KLDiv(reduction, log_target)(input, target)
    if input.ndim == 0 or input.shape[0] == 0:
        raise ValueError(f"kl_div: 'batchmean' needs a batch, got input with shape {input.shape}")
    return KLDiv("sum", log_target)(input, target) * (1 / input.shape[0])
