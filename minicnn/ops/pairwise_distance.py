"""The distance between vectors. Tests in tests/ops/test_pairwise_distance.py."""

from __future__ import annotations

from typing import Any

from minicnn.ops._operands import check_broadcast
from minicnn.ops.add import add
from minicnn.ops.arithmetic import sub
from minicnn.ops.norm import norm
from minicnn.tensor import Tensor, as_tensor


def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """Return the p-norm of x1 - x2 + eps along the last axis.

    Args:
        x1: Shape (..., D).
        x2: A shape that broadcasts with it.
        p: Which norm: 2 is Euclid's.
        eps: Added to each difference, so that the gradient exists where x1 = x2.
        keepdim: Whether the last axis stays, with size 1.

    Returns:
        The broadcast shape without its last axis.

    Raises:
        ValueError: If the shapes do not broadcast, or p is not positive.

    Example:
        >>> pairwise_distance([[3.0, 0.0]], [[0.0, 4.0]]).data.round(3).tolist()
        [5.0]

    Source: torch.nn.functional.pairwise_distance.
    """
    x1, x2 = as_tensor(x1), as_tensor(x2)
    check_broadcast("pairwise_distance", x1.data, x2.data)
    return norm(add(sub(x1, x2), eps), p, -1, keepdim)
