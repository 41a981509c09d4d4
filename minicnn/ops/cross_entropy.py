"""Softmax and negative log-likelihood in one: kernels in cpp/cross_entropy/, tests in
tests/ops/test_cross_entropy.py.

The kernels serve what nearly every training step asks for: one label for each of (N, C) scores, all
classes alike. Anything else is NumPy, which is also the definition that the kernels are tested by.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import _core
from minicnn._checks import kernel_array
from minicnn.autograd import Function
from minicnn.ops import _class_target as classes
from minicnn.ops._reduction import check_reduction, reduce, spread
from minicnn.ops.softmax import log_softmax_array
from minicnn.tensor import Tensor, as_tensor

OP = "cross_entropy"


class CrossEntropy(Function):
    """loss = -sum over classes of share * log_softmax(input); gradients of input and probabilities.

    The gradient of input is softmax(input) * sum(share) - share. `labels` is None if the target
    holds probabilities; then the target is the second input.
    """

    def __init__(
        self,
        labels: np.ndarray | None,
        weight: Any,
        ignore_index: Any,
        reduction: Any,
        label_smoothing: Any,
    ) -> None:
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"{OP}: label_smoothing must be in [0, 1], got {label_smoothing}")
        self.labels, self.weight, self.smoothing = labels, weight, float(label_smoothing)
        self.ignore_index = classes.check_ignore_index(OP, ignore_index)
        self.reduction = check_reduction(OP, reduction)

    def forward(self, input: np.ndarray, target: np.ndarray | None = None) -> np.ndarray:
        self.shape = input.shape
        x = classes.with_positions(OP, input)
        self.weight = classes.class_weight(OP, self.weight, x)
        self.divisor: float
        if target is None:
            assert self.labels is not None
            labels = classes.check_labels(OP, self.labels, self.shape, self.ignore_index)
            self.share, self.divisor = classes.share_of_labels(
                labels, self.weight, self.ignore_index, self.smoothing, x
            )
        else:
            self.share = self._share_of_probabilities(target, x)
            self.divisor = x.size / x.shape[1]
        self.log_p = log_softmax_array(x, 1)  # (N, C, D)
        loss = classes.weighted_sum(self.share, self.log_p)  # (N, D)
        return reduce(loss.reshape(classes.label_shape(self.shape)), self.reduction, self.divisor)

    def _share_of_probabilities(self, target: np.ndarray, x: np.ndarray) -> np.ndarray:
        target = kernel_array(OP, "target", target)
        if target.dtype != x.dtype:
            raise TypeError(
                f"{OP}: target with class probabilities must have the dtype of input, {x.dtype},"
                f" got {target.dtype}"
            )
        share = (1 - self.smoothing) * target.reshape(x.shape) + self.smoothing / x.shape[1]
        return share if self.weight is None else share * self.weight[:, np.newaxis]

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray | None, ...]:
        N, _, D = self.log_p.shape
        per_position = spread(grad_y, self.reduction, N * D, self.divisor)
        if self.reduction == "none":
            per_position = per_position.reshape(N, 1, D)
        grad_x = np.exp(self.log_p) * self.share.sum(axis=1, keepdims=True)
        grad_x -= self.share
        grad_x *= per_position
        grad_target = None
        if self.needs_grad[1:] == (True,):
            grad_target = -(1 - self.smoothing) * self.log_p * per_position
            if self.weight is not None:
                grad_target *= self.weight[:, np.newaxis]
            grad_target = grad_target.reshape(self.shape)
        return (grad_x.reshape(self.shape), grad_target)[: len(self.needs_grad)]


class CrossEntropyOfLabels(Function):
    """The same for labels of (N, C) scores without weights or smoothing: one kernel each way."""

    def __init__(self, labels: np.ndarray, ignore_index: int, mean: bool) -> None:
        self.labels, self.ignore_index, self.mean = labels, ignore_index, mean

    def forward(self, input: np.ndarray) -> np.ndarray:
        x = kernel_array(OP, "input", input)
        result = _core.cross_entropy_forward(x, self.labels, self.ignore_index)
        if result is None:
            classes.check_labels(OP, self.labels, x.shape, self.ignore_index)  # raises
            raise AssertionError("a label is no class, and yet was accepted")
        total, count, self.p = result
        if self.mean:
            total = total / count if count else np.nan  # the mean over nothing
        self.divisor = count if self.mean else 1
        return np.array(total, dtype=x.dtype)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        scale = float(grad_y) / self.divisor if self.divisor else np.nan
        return (_core.cross_entropy_backward(self.p, self.labels, self.ignore_index, scale),)


def has_kernel(
    input: np.ndarray, target: np.ndarray, weight: Any, reduction: Any, label_smoothing: Any
) -> bool:
    """Whether `CrossEntropyOfLabels` serves these arguments; it leaves all errors to the other."""
    return (
        weight is None
        and label_smoothing == 0
        and reduction in ("mean", "sum")
        and input.ndim == 2
        and input.shape[1] > 0
        and target.shape == input.shape[:1]
        and (target.dtype.kind == "i" or target.dtype == np.uint8)
    )


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Measure how far the softmax of `input` is from the right classes, in nats.

    Args:
        input: Scores (logits), shape (N, C), (N, C, d1, d2, ...), or (C,) for one sample.
        target: Either the right class of each sample, an integer array of shape (N,), (N, d1, ...)
            or (); or the probability of each class, of the shape and dtype of input.
        weight: One factor for each class, shape (C,); it gets no gradient.
        ignore_index: Samples of this label do not count. Only for class indices.
        reduction: "mean" (over the weights of the samples that count; over the samples for
            probabilities), "sum", or "none" for one value per sample.
        label_smoothing: Probability, in [0, 1], that the target spreads evenly over all classes.

    Returns:
        Shape (), or that of the class indices with reduction="none". The mean over nothing is NaN.

    Raises:
        ValueError: If the shapes do not fit each other, or a label is not one of the classes.
        TypeError: If input is not float32 or float64, or target neither indices nor probabilities.

    Example:
        >>> cross_entropy([[0.0, 0.0], [50.0, 0.0]], [1, 0], reduction="none").tolist()
        [0.6931471824645996, 0.0]

    Source: torch.nn.functional.cross_entropy, whose arguments these are; label smoothing: Szegedy
    et al., arXiv:1512.00567, section 7.
    """
    input, target = as_tensor(input), as_tensor(target)
    if has_kernel(input.data, target.data, weight, reduction, label_smoothing):
        ignored = classes.check_ignore_index(OP, ignore_index)
        labels = target.data.astype(np.int64, order="C")  # a copy: they may change before backward
        return CrossEntropyOfLabels(labels, ignored, reduction == "mean")(input)
    probabilities = target.dtype.kind == "f" and target.shape == input.shape
    labels = None if probabilities else target.data
    function = CrossEntropy(labels, weight, ignore_index, reduction, label_smoothing)
    return function(input, target) if probabilities else function(input)
