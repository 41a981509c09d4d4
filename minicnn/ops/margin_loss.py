"""Losses that are 0 beyond a margin, of scores, distances, angles: tests/ops/test_margin_loss.py.

Source of the formulas: the documentation of torch.nn's losses of the same names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn._checks import boolean, real
from minicnn.ops._operands import broadcast, operands, require_floating
from minicnn.ops._reduction import check_reduction
from minicnn.ops.add import Add
from minicnn.ops.arithmetic import maximum, minimum
from minicnn.ops.elementwise import sqrt
from minicnn.ops.further_activations import logsigmoid
from minicnn.ops.pairwise_distance import pairwise_distance
from minicnn.ops.reductions import mean, sum
from minicnn.ops.selection import where
from minicnn.tensor import Tensor, as_tensor

EPS = 1e-12  # added to squared lengths, as torch does


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """Return the mean, the sum, or the values themselves."""
    return {"mean": mean, "sum": sum, "none": lambda x: x}[reduction](loss)


def above_0(x: Tensor) -> Tensor:
    """Return max(x, 0), NaN for NaN."""
    return maximum(x, 0.0)


def alike(op: str, *values: Any) -> list[Tensor]:
    """Return real tensors of one dtype; raise unless their shapes broadcast."""
    first = require_floating(op, values[0])
    found = [first]
    for value in values[1:]:
        _, other = operands(op, first, value)
        broadcast(op, Add(), first.detach(), other.detach())
        found.append(other)
    return found


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """Take max(0, margin - target * (input1 - input2)): which of two should be the larger.

    Args:
        input1, input2: Scores, shapes that broadcast.
        target: 1 where the first should be larger, -1 where the second.
        margin: By how much.
        reduction: "mean", "sum", or "none" for one value per pair.

    Raises:
        ValueError: If the shapes do not broadcast.

    Example:
        >>> margin_ranking_loss([1.0, 2.0], [3.0, 1.0], [1.0, 1.0])
        tensor(1.)
    """
    check_reduction("margin_ranking_loss", reduction)
    x1, x2, y = alike("margin_ranking_loss", input1, input2, target)
    return reduced(
        above_0(real("margin_ranking_loss", "margin", margin) - y * (x1 - x2)), reduction
    )


def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean"
) -> Tensor:
    """Take the distance itself of what is alike, and max(0, margin - distance) of what is not.

    Args:
        input: Distances, any shape.
        target: 1 for what is alike, -1 for what is not; a shape that broadcasts.
        margin: How far apart is far enough.
        reduction: "mean", "sum", or "none" for one value per element.

    Raises:
        ValueError: If the shapes do not broadcast.

    Example:
        >>> hinge_embedding_loss([0.5, 0.25], [1.0, -1.0], reduction="none")
        tensor([0.5 , 0.75])
    """
    check_reduction("hinge_embedding_loss", reduction)
    x, y = alike("hinge_embedding_loss", input, target)
    far = where(y.data != 1, above_0(real("hinge_embedding_loss", "margin", margin) - x), 0.0)
    return reduced(far + where(y.data != -1, x, 0.0), reduction)


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """Take 1 - cos of the angle between what is alike, and max(0, cos - margin) of what is not.

    Args:
        input1, input2: Vectors, shapes (N, D) or (D,).
        target: 1 for what is alike, -1 for what is not, shape (N,) or ().
        margin: The cosine that is small enough, from -1 to 1.
        reduction: "mean", "sum", or "none" for one value per pair.

    Raises:
        ValueError: If the shapes are no such ones.

    Example:
        >>> cosine_embedding_loss([[1.0, 0.0]], [[0.0, 2.0]], [1.0])
        tensor(1.)
    """
    op = "cosine_embedding_loss"
    check_reduction(op, reduction)
    x1, x2 = alike(op, input1, input2)
    y = as_tensor(target)
    if x1.ndim not in (1, 2) or x1.ndim != x2.ndim or y.shape != x1.shape[:-1]:
        raise ValueError(
            f"{op}: input1 and input2 must have shape (N, D) and target (N,), or (D,) and (), got"
            f" {x1.shape}, {x2.shape} and {y.shape}"
        )
    lengths = sqrt(((x1 * x1).sum(-1) + EPS) * ((x2 * x2).sum(-1) + EPS))
    cosine = (x1 * x2).sum(-1) / lengths
    alike_part = where(y.data == 1, 1.0 - cosine, 0.0)
    other_part = where(y.data == -1, above_0(cosine - real(op, "margin", margin)), 0.0)
    return reduced(alike_part + other_part, reduction)


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Take max(0, d(anchor, positive) - d(anchor, negative) + margin).

    Args:
        anchor, positive, negative: Vectors, shapes (N, D) or (D,).
        distance_function: d; None for `pairwise_distance`.
        margin: By how much the negative should be farther away.
        swap: Whether d(positive, negative) counts for the negative if it is smaller.
        reduction: "mean", "sum", or "none" for one value per triplet.

    Raises:
        ValueError: If the shapes do not broadcast, or the margin is not positive.

    Example:
        >>> triplet_margin_with_distance_loss([[0.0]], [[1.0]], [[3.0]], margin=4.0).item()
        2.0

    Source: Balntas et al., "Learning local feature descriptors with triplets and shallow
    convolutional neural networks", BMVC 2016, section 2 (the swap).
    """
    distance = pairwise_distance if distance_function is None else distance_function
    vectors = (anchor, positive, negative)
    return _triplet("triplet_margin_with_distance_loss", vectors, distance, margin, swap, reduction)


def _triplet(
    op: str,
    vectors: tuple[Any, Any, Any],
    distance: Callable[[Any, Any], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    check_reduction(op, reduction)
    if not real(op, "margin", margin) > 0:
        raise ValueError(f"{op}: margin must be positive, got {margin}")
    a, p, n = alike(op, *vectors)
    far = distance(a, n)
    if boolean(op, "swap", swap):
        far = minimum(far, distance(p, n))
    return reduced(above_0(distance(a, p) - far + margin), reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Take `triplet_margin_with_distance_loss` of `pairwise_distance` with this p and eps.

    Example:
        >>> triplet_margin_loss([[0.0]], [[1.0]], [[3.0]], margin=4.0).item()
        2.0
    """
    distance = lambda x, y: pairwise_distance(x, y, p, eps)  # noqa: E731
    vectors = (anchor, positive, negative)
    return _triplet("triplet_margin_loss", vectors, distance, margin, swap, reduction)


def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Tensor:
    """Take log(1 + exp(-target * input)) of each element, without overflow.

    Args:
        input: Scores, any shape.
        target: 1 or -1, of the same shape.
        reduction: "mean", "sum", or "none" for one value per element.

    Raises:
        ValueError: If the shapes do not broadcast.

    Example:
        >>> soft_margin_loss([1000.0], [-1.0])
        tensor(1000.)
    """
    check_reduction("soft_margin_loss", reduction)
    x, y = alike("soft_margin_loss", input, target)
    return reduced(-logsigmoid(x * y), reduction)


def multilabel_soft_margin_loss(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Tensor:
    """Take the mean over classes of the binary cross-entropy of scores: several may be right.

    Args:
        input: Scores, shape (..., C).
        target: 1 for each class that is right, else 0, of the same shape.
        weight: What a class counts, shape (C,).
        reduction: "mean", "sum", or "none" for one value per sample, shape (...).

    Raises:
        ValueError: If the shapes do not broadcast.

    Example:
        >>> multilabel_soft_margin_loss([[0.0, 0.0]], [[1.0, 0.0]]).data.round(4).item()
        0.6930999755859375
    """
    op = "multilabel_soft_margin_loss"
    check_reduction(op, reduction)
    x, y = alike(op, input, target)
    if x.ndim == 0 or x.shape[-1] == 0:
        raise ValueError(f"{op}: input must have shape (..., C) with classes, got {x.shape}")
    loss = -(y * logsigmoid(x) + (1.0 - y) * logsigmoid(-x))
    if weight is not None:
        loss = loss * alike(op, x, weight)[1]
    return reduced(loss.sum(-1) / float(x.shape[-1]), reduction)
