"""Loss layers: each calls the function of minicnn.nn.functional that it is named after."""

from __future__ import annotations

from typing import Any

from minicnn.nn import functional as F
from minicnn.nn.module import Module
from minicnn.tensor import Tensor, as_tensor


class _Loss(Module):
    reductions: tuple[str, ...] = ("mean", "sum", "none")

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        if reduction not in self.reductions:
            names = ", ".join(map(repr, self.reductions[:-1]))
            raise ValueError(
                f"{type(self).__name__}: reduction must be {names} or 'none', got {reduction!r}"
            )
        self.reduction = reduction


class MSELoss(_Loss):
    """(input - target) ** 2, averaged over all elements.

    Args:
        reduction: "mean", "sum", or "none" for one value per element.

    Example:
        >>> MSELoss()([1.0, 2.0], [1.0, 4.0])
        tensor(2.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """|input - target|, averaged over all elements.

    Example:
        >>> L1Loss()([1.0, 2.0], [1.0, 4.0])
        tensor(1.)
    """

    def forward(self, input: Any, target: Any) -> Any:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """A parabola where |input - target| < beta, its tangents beyond; slope 1 there.

    Args:
        reduction: "mean", "sum", or "none" for one value per element.
        beta: Where the parabola goes over into lines; 0 makes it `L1Loss`.

    Example:
        >>> SmoothL1Loss(reduction="none")([1.0, 2.0], [1.5, 4.0])
        tensor([0.125, 1.5  ])
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """A parabola where |input - target| < delta, its tangents beyond; slope delta there.

    Args:
        reduction: "mean", "sum", or "none" for one value per element.
        delta: Where the parabola goes over into lines.

    Example:
        >>> HuberLoss("none", delta=0.5)([1.0, 2.0], [1.5, 4.0])
        tensor([0.125, 0.875])
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class KLDivLoss(_Loss):
    """target * (log(target) - input): how far exp(input) is from the distribution `target`.

    Args:
        reduction: "batchmean" (the divergence's definition), "mean" (over all elements), "sum", or
            "none" for one value per element.
        log_target: Whether the target holds logarithms.

    Example:
        >>> KLDivLoss(reduction="sum")([0.0, 0.0], [1.0, 0.0])
        tensor(0.)
    """

    reductions = ("batchmean", "mean", "sum", "none")

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class BCELoss(_Loss):
    """Cross-entropy of the probabilities `input` with the answers `target`, 0 to 1.

    Args:
        weight: Factors that broadcast to the shape of the input.
        reduction: "mean", "sum", or "none" for one value per element.

    Example:
        >>> BCELoss(reduction="none")([0.5, 1.0], [1.0, 1.0])
        tensor([0.6931472, 0.       ])
    """

    weight: Tensor | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", None if weight is None else as_tensor(weight))

    def forward(self, input: Any, target: Any) -> Any:
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Sigmoid and BCELoss in one, for scores of any size.

    Args:
        weight: Factors that broadcast to the shape of the input.
        reduction: "mean", "sum", or "none" for one value per element.
        pos_weight: How much a yes counts compared with a no; broadcasts likewise.

    Example:
        >>> BCEWithLogitsLoss(reduction="none")([0.0, -50.0], [1.0, 1.0])
        tensor([ 0.6931472, 50.       ])
    """

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
    ) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", None if weight is None else as_tensor(weight))
        self.register_buffer("pos_weight", None if pos_weight is None else as_tensor(pos_weight))

    def forward(self, input: Any, target: Any) -> Any:
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


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

    Example:
        >>> NLLLoss()([[-0.5, -2.0], [-1.5, -1.0]], [0, 1])
        tensor(0.75)
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

    Example:
        >>> CrossEntropyLoss(reduction="none")([[0.0, 0.0], [0.0, 50.0]], [1, 1])
        tensor([0.6931472, 0.       ])
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
