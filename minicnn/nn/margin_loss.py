"""Layers of the losses with margins and of likelihoods: each calls its function of `functional`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn.nn import functional as F
from minicnn.nn.loss import _Loss
from minicnn.tensor import Tensor, as_tensor


class MarginRankingLoss(_Loss):
    """`minicnn.nn.functional.margin_ranking_loss`: max(0, margin - target * (input1 - input2)).

    Args:
        margin: By how much one should be larger.
        reduction: "mean", "sum", or "none" for one value per pair.

    Example:
        >>> MarginRankingLoss(margin=1.0)([1.0], [0.5], [1.0])
        tensor(0.5)
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Tensor:
        return F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(_Loss):
    """`minicnn.nn.functional.hinge_embedding_loss` of distances.

    Args:
        margin: How far apart is far enough.
        reduction: "mean", "sum", or "none" for one value per element.

    Example:
        >>> HingeEmbeddingLoss()([0.25], [-1.0])
        tensor(0.75)
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Tensor:
        return F.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_Loss):
    """`minicnn.nn.functional.cosine_embedding_loss` of pairs of vectors.

    Args:
        margin: The cosine that is small enough, from -1 to 1.
        reduction: "mean", "sum", or "none" for one value per pair.

    Example:
        >>> CosineEmbeddingLoss()([[1.0, 0.0]], [[0.0, 1.0]], [1.0])
        tensor(1.)
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Tensor:
        return F.cosine_embedding_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )


class TripletMarginLoss(_Loss):
    """`minicnn.nn.functional.triplet_margin_loss` of anchor, positive and negative.

    Args:
        margin: By how much the negative should be farther away.
        p: Which norm is the distance.
        eps: Added to each difference.
        swap: Whether the distance of positive and negative counts if it is smaller.
        reduction: "mean", "sum", or "none" for one value per triplet.

    Example:
        >>> TripletMarginLoss(margin=4.0)([[0.0]], [[1.0]], [[3.0]])
        tensor(2.)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        *,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Tensor:
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            self.margin,
            self.p,
            self.eps,
            self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(_Loss):
    """`minicnn.nn.functional.triplet_margin_with_distance_loss` with a distance of one's own.

    Args:
        distance_function: Of two tensors; None for `pairwise_distance`.
        margin: By how much the negative should be farther away.
        swap: Whether the distance of positive and negative counts if it is smaller.
        reduction: "mean", "sum", or "none" for one value per triplet.

    Example:
        >>> loss = TripletMarginWithDistanceLoss(
        ...     distance_function=lambda x, y: (x - y).abs().sum(-1)
        ... )
        >>> loss([[0.0]], [[1.0]], [[1.5]])
        tensor(0.5)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.distance_function, self.margin, self.swap = distance_function, margin, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Tensor:
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class SoftMarginLoss(_Loss):
    """`minicnn.nn.functional.soft_margin_loss`: log(1 + exp(-target * input)).

    Example:
        >>> SoftMarginLoss()([1000.0], [-1.0])
        tensor(1000.)
    """

    def forward(self, input: Any, target: Any) -> Tensor:
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiMarginLoss(_Loss):
    """`minicnn.nn.functional.multi_margin_loss` of scores and right classes.

    Args:
        p: 1 or 2.
        margin: By how much the right score should be larger.
        weight: What a sample of each class counts, shape (C,).
        reduction: "mean", "sum", or "none" for one value per sample.

    Example:
        >>> MultiMarginLoss()([[0.5, 0.5]], [1])
        tensor(0.5)
    """

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.p, self.margin = p, margin
        self.register_buffer("weight", None if weight is None else as_tensor(weight))

    def forward(self, input: Any, target: Any) -> Tensor:
        return F.multi_margin_loss(
            input, target, self.p, self.margin, self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(_Loss):
    """`minicnn.nn.functional.multilabel_margin_loss` of scores and lists of right classes.

    Example:
        >>> MultiLabelMarginLoss()([[0.5, 0.25]], [[0, -1]])
        tensor(0.375)
    """

    def forward(self, input: Any, target: Any) -> Tensor:
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_Loss):
    """`minicnn.nn.functional.multilabel_soft_margin_loss` of scores; several classes may be right.

    Args:
        weight: What a class counts, shape (C,).
        reduction: "mean", "sum", or "none" for one value per sample.

    Example:
        >>> MultiLabelSoftMarginLoss()([[1000.0, 0.0]], [[0.0, 1.0]]).data.round().item()
        500.0
    """

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", None if weight is None else as_tensor(weight))

    def forward(self, input: Any, target: Any) -> Tensor:
        return F.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class PoissonNLLLoss(_Loss):
    """`minicnn.nn.functional.poisson_nll_loss` of counts.

    Args:
        log_input: Whether the input is the logarithm of the expected count.
        full: Whether to add Stirling's approximation of log(target!).
        eps: Added to a count before its logarithm is taken.
        reduction: "mean", "sum", or "none" for one value per element.

    Example:
        >>> PoissonNLLLoss()([0.0], [2.0])
        tensor(1.)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        *,
        eps: float = 1e-8,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, input: Any, target: Any) -> Tensor:
        return F.poisson_nll_loss(
            input, target, self.log_input, self.full, self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(_Loss):
    """`minicnn.nn.functional.gaussian_nll_loss` of real numbers with variances.

    Args:
        full: Whether to add the constant, log(2 * pi) / 2.
        eps: The smallest variance.
        reduction: "mean", "sum", or "none" for one value per element.

    Example:
        >>> GaussianNLLLoss()([1.0], [3.0], [1.0])
        tensor(2.)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Any, target: Any, var: Any) -> Tensor:
        return F.gaussian_nll_loss(
            input, target, var, self.full, self.eps, reduction=self.reduction
        )
