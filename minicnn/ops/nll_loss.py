"""The negative log-likelihood of labels: tests in tests/ops/test_nll_loss.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autograd import Function
from minicnn.ops import _class_target as classes
from minicnn.ops._reduction import check_reduction, reduce, spread
from minicnn.tensor import Tensor, as_tensor

OP = "nll_loss"


class NLLLoss(Function):
    """loss = -weight[label] * input[label], and its gradient, which is 0 at all other classes."""

    def __init__(self, labels: np.ndarray, weight: Any, ignore_index: Any, reduction: Any) -> None:
        self.labels, self.weight = labels, weight
        self.ignore_index = classes.check_ignore_index(OP, ignore_index)
        self.reduction = check_reduction(OP, reduction)

    def forward(self, input: np.ndarray) -> np.ndarray:
        self.shape = input.shape
        log_p = classes.with_positions(OP, input)  # (N, C, D)
        labels = classes.check_labels(OP, self.labels, self.shape, self.ignore_index)
        weight = classes.class_weight(OP, self.weight, log_p)
        self.share, self.divisor = classes.share_of_labels(
            labels, weight, self.ignore_index, 0.0, log_p
        )
        loss = classes.weighted_sum(self.share, log_p)  # (N, D)
        return reduce(loss.reshape(classes.label_shape(self.shape)), self.reduction, self.divisor)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        N, _, D = self.share.shape
        per_position = spread(grad_y, self.reduction, N * D, self.divisor)
        if self.reduction == "none":
            per_position = per_position.reshape(N, 1, D)
        grad_input = np.zeros_like(
            self.share
        )  # a share of 0 has gradient 0, also if the mean is NaN
        np.multiply(-self.share, per_position, out=grad_input, where=self.share != 0)
        return (grad_input.reshape(self.shape),)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Take minus the log-probability that `input` gives to the right classes.

    Args:
        input: Log-probabilities, shape (N, C), (N, C, d1, d2, ...), or (C,) for one sample.
        target: The right class of each sample, an integer array of shape (N,), (N, d1, ...) or ().
        weight: One factor for each class, shape (C,); it gets no gradient.
        ignore_index: Samples of this label do not count.
        reduction: "mean" (over the weights of the samples that count), "sum", or "none" for one
            value per sample.

    Returns:
        Shape (), or that of target with reduction="none". The mean over no sample is NaN.

    Raises:
        ValueError: If the shapes do not fit each other, or a label is not one of the classes.
        TypeError: If input is not float32 or float64, or target not an integer array.

    Example:
        >>> nll_loss([[-1.0, -0.5], [-3.0, -0.1]], [0, 1], reduction="sum").item()
        1.100000023841858

    Source: torch.nn.functional.nll_loss, whose arguments these are.
    """
    return NLLLoss(as_tensor(target).data, weight, ignore_index, reduction)(as_tensor(input))
