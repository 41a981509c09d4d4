"""Cross-entropy of yes and no. Tests in tests/ops/test_binary_cross_entropy.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.ops._elementwise_loss import ElementwiseLoss, element_weight
from minicnn.ops.smooth import sigmoid_array
from minicnn.tensor import Tensor, as_tensor

LOWEST = -100.0  # what a logarithm counts at least, so that a wrong certainty has a finite loss


class BinaryCrossEntropy(ElementwiseLoss):
    """-weight * (target * log(input) + (1 - target) * log(1 - input))."""

    op = "binary_cross_entropy"

    def __init__(self, weight: Any, reduction: Any) -> None:
        super().__init__(reduction)
        self.weight = weight

    def values(self, input: np.ndarray, target: np.ndarray) -> np.ndarray:
        bad = ~((input >= 0) & (input <= 1))
        if bad.any():
            place = tuple(int(i) for i in np.argwhere(bad)[0])
            raise ValueError(
                f"{self.op}: input must hold probabilities in [0, 1], got {input[place]} at"
                f" {place}; for scores of any size use binary_cross_entropy_with_logits"
            )
        self.input, self.target = input, target
        self.weight = element_weight(self.op, "weight", self.weight, input)
        with np.errstate(divide="ignore"):
            yes = np.maximum(np.log(input), LOWEST)
            no = np.maximum(np.log1p(-input), LOWEST)
        self.gain = yes - no
        loss = 0 - (target * yes + (1 - target) * no)  # a loss of nothing is 0, not -0
        return loss if self.weight is None else loss * self.weight

    def slopes(self, of_target: bool) -> tuple[np.ndarray, np.ndarray | None]:
        x = self.input
        slope = (x - self.target) / np.maximum((1 - x) * x, 1e-12)  # torch's bound
        target_slope = -self.gain if of_target else None
        if self.weight is not None:
            slope = slope * self.weight
            target_slope = None if target_slope is None else target_slope * self.weight
        return slope, target_slope


class BinaryCrossEntropyWithLogits(ElementwiseLoss):
    """weight * (log(1 + exp(-x)) * (target * pos_weight + 1 - target) + (1 - target) * x)."""

    op = "binary_cross_entropy_with_logits"

    def __init__(self, weight: Any, reduction: Any, pos_weight: Any) -> None:
        super().__init__(reduction)
        self.weight, self.pos_weight = weight, pos_weight

    def values(self, input: np.ndarray, target: np.ndarray) -> np.ndarray:
        self.input, self.target = input, target
        self.weight = element_weight(self.op, "weight", self.weight, input)
        self.pos_weight = element_weight(self.op, "pos_weight", self.pos_weight, input)
        no = 1 - target
        # -log(sigmoid(x)) = log(1 + exp(-x)) = max(-x, 0) + log(1 + exp(-|x|)): no overflow
        self.cost = np.maximum(-input, 0) + np.log1p(np.exp(-np.abs(input)))
        yes = target if self.pos_weight is None else target * self.pos_weight
        self.share = yes + no
        loss = no * input + self.share * self.cost
        return loss if self.weight is None else loss * self.weight

    def slopes(self, of_target: bool) -> tuple[np.ndarray, np.ndarray | None]:
        slope = 1 - self.target - self.share * sigmoid_array(-self.input)
        target_slope = None
        if of_target:
            extra = 0 if self.pos_weight is None else (self.pos_weight - 1) * self.cost
            target_slope = extra - self.input
        if self.weight is not None:
            slope = slope * self.weight
            target_slope = None if target_slope is None else target_slope * self.weight
        return slope, target_slope


def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Tensor:
    """Measure how far the probabilities `input` are from yes (1) and no (0), in nats.

    A logarithm below -100 counts as -100, so that the loss is finite.

    Args:
        input: Probabilities in [0, 1], any shape.
        target: The right answers, from 0 to 1, of the shape and dtype of input.
        weight: Factors that broadcast to the shape of input; they get no gradient.
        reduction: "mean" (over all elements), "sum", or "none" for one value per element.

    Returns:
        Shape (), or that of input with reduction="none".

    Raises:
        ValueError: If the shapes do not fit, or input is not in [0, 1].
        TypeError: If the arrays are not all float32 or all float64.

    Example:
        >>> binary_cross_entropy([0.5, 1.0, 0.0], [1.0, 1.0, 1.0], reduction="none").tolist()
        [0.6931471824645996, 0.0, 100.0]

    Source: torch.nn.functional.binary_cross_entropy, whose bound of -100 this is.
    """
    return BinaryCrossEntropy(weight, reduction)(as_tensor(input), as_tensor(target))


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Tensor:
    """Measure how far the sigmoid of `input` is from yes (1) and no (0), in nats.

    Args:
        input: Scores (logits) of any size, any shape.
        target: The right answers, from 0 to 1, of the shape and dtype of input.
        weight: Factors that broadcast to the shape of input; they get no gradient.
        reduction: "mean" (over all elements), "sum", or "none" for one value per element.
        pos_weight: How much a yes counts compared with a no; broadcasts to the shape of input.

    Returns:
        Shape (), or that of input with reduction="none".

    Raises:
        ValueError: If the shapes do not fit.
        TypeError: If the arrays are not all float32 or all float64.

    Example:
        >>> binary_cross_entropy_with_logits([0.0, -1000.0], [1.0, 1.0], reduction="none").tolist()
        [0.6931471824645996, 1000.0]

    Source: torch.nn.functional.binary_cross_entropy_with_logits, whose arguments these are.
    """
    function = BinaryCrossEntropyWithLogits(weight, reduction, pos_weight)
    return function(as_tensor(input), as_tensor(target))
