"""Loss layers: each calls the function of minicnn.nn.functional that it is named after."""

from __future__ import annotations

from typing import Any

from minicnn.nn import functional as F
from minicnn.nn.module import Module
from minicnn.tensor import Tensor, as_tensor


class _Loss(Module):
    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(
                f"{type(self).__name__}: reduction must be 'mean', 'sum' or 'none', got"
                f" {reduction!r}"
            )
        self.reduction = reduction


class MSELoss(_Loss):
    """(input - target) ** 2, averaged over all elements.

    Args:
        reduction: "mean", "sum", or "none" for one value per element.
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """|input - target|, averaged over all elements."""

    def forward(self, input: Any, target: Any) -> Any:
        return F.l1_loss(input, target, reduction=self.reduction)


class _ClassLoss(_Loss):
    weight: Tensor | None

    def __init__(
        self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", None if weight is None else as_tensor(weight))
        self.ignore_index = ignore_index


class NLLLoss(_ClassLoss):
    """Minus the log-probability of the right class, averaged over the batch.

    Args:
        weight: One factor for each class, shape (C,).
        ignore_index: Samples of this label do not count.
        reduction: "mean" (weighted), "sum", or "none" for one value per sample.
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.nll_loss(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


class CrossEntropyLoss(_ClassLoss):
    """Softmax and NLLLoss in one: minus the log-probability that logits give to the right class.

    Args:
        weight: One factor for each class, shape (C,).
        ignore_index: Samples of this label do not count.
        reduction: "mean" (weighted), "sum", or "none" for one value per sample.
        label_smoothing: Probability, in [0, 1], that the target spreads evenly over all classes.
    """

    def __init__(
        self,
        weight: Any = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, ignore_index=ignore_index, reduction=reduction)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(
                f"CrossEntropyLoss: label_smoothing must be in [0, 1], got {label_smoothing}"
            )
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
