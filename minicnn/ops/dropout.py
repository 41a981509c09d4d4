"""Setting values to zero at random: kernels in cpp/dropout/, tests in tests/ops/test_dropout.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import _core
from minicnn._checks import boolean, kernel_array
from minicnn.autograd import Function
from minicnn.ops.shape import squeeze, unsqueeze
from minicnn.random import default_generator
from minicnn.tensor import Tensor, as_tensor


class Dropout(Function):
    """y = x * keep / (1 - p), keep being 0 with probability p and else 1; so is its gradient."""

    def __init__(self, p: float) -> None:
        self.p, self.scale = p, 0.0 if p == 1 else 1 / (1 - p)

    def forward(self, x: np.ndarray) -> np.ndarray:
        # one draw for the whole array: value i is kept or not by a function of this key and i
        key = int(default_generator.integers(2**64, dtype=np.uint64))
        x = kernel_array("dropout", "x", x)
        y, self.keep = _core.dropout_forward(x, key, self.p, self.scale)
        return y

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        grad_y = kernel_array("dropout", "grad_y", grad_y)
        return (_core.dropout_backward(grad_y, self.keep, self.scale),)


class DropoutChannels(Function):
    """The same with one draw for each channel of each sample."""

    def __init__(self, op: str, p: float) -> None:
        self.op, self.p = op, p

    def forward(self, x: np.ndarray) -> np.ndarray:
        x = kernel_array(self.op, "x", x)
        drawn = x.shape[:2] + (1,) * (x.ndim - 2)
        kept = default_generator.random(drawn, dtype=np.float32) >= self.p
        self.factor = kept * x.dtype.type(0 if self.p == 1 else 1 / (1 - self.p))
        return x * self.factor

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (grad_y * self.factor,)


def check_probability(op: str, p: Any, name: str = "p") -> float:
    """Return p if it is a probability; raise TypeError or ValueError otherwise."""
    if isinstance(p, bool) or not isinstance(p, (int, float, np.floating, np.integer)):
        raise TypeError(f"{op}: {name} must be a number, got {p!r}")
    if not 0 <= p <= 1:
        raise ValueError(f"{op}: {name} must be in [0, 1], got {p}")
    return float(p)


def dropout(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each value to zero with probability p and divide the others by 1 - p.

    The mean stays what it was, so nothing need be scaled afterwards. The random numbers are those
    of `minicnn.random.default_generator`: `manual_seed` repeats them.

    Args:
        x: Any shape.
        p: Probability of a zero, in [0, 1].
        training: If False, x is returned as it is.
        inplace: Taken for torch's sake; the input stays as it is.

    Returns:
        The shape of x.

    Raises:
        ValueError: If p is not in [0, 1].
        TypeError: If x is not float32 or float64, or p not a number.

    Example:
        >>> sorted(set(dropout(np.ones(100), 0.5).tolist()))
        [0.0, 2.0]

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
    JMLR 15 (2014), section 4; scaled while training, as their section 10 suggests.
    """
    p, x = check_probability("dropout", p), as_tensor(x)
    if not boolean("dropout", "training", training) or p == 0:
        return x
    return Dropout(p)(x)


def dropout2d(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each channel of each sample to zero with probability p and divide the others by 1 - p.

    Args:
        x: Shape (N, C, H, W), or (N, C, L).
        p: Probability that a channel is dropped, in [0, 1].
        training: If False, x is returned as it is.
        inplace: Taken for torch's sake; the input stays as it is.

    Returns:
        The shape of x.

    Raises:
        ValueError: If p is not in [0, 1], or x has other axes.
        TypeError: If x is not float32 or float64, or p not a number.

    Example:
        >>> len(set(dropout2d(np.ones((1, 1, 8, 8)), 0.5).numpy().ravel()))
        1

    Source: Tompson et al., "Efficient object localization using convolutional networks",
    arXiv:1411.4280, section 3.2.
    """
    p, x = check_probability("dropout2d", p), as_tensor(x)
    if x.ndim not in (3, 4):
        raise ValueError(
            f"dropout2d: x must have shape (N, C, H, W) or (N, C, L), got {x.ndim} dimensions:"
            f" {x.shape}"
        )
    if not boolean("dropout2d", "training", training) or p == 0:
        return x
    return DropoutChannels("dropout2d", p)(x)


def dropout1d(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each channel of each sample to zero with probability p and divide the others by 1 - p.

    Args:
        x: Shape (N, C, L) or (C, L).
        p: Probability that a channel is dropped, in [0, 1].
        training: If False, x is returned as it is.
        inplace: Taken for torch's sake; the input stays as it is.

    Returns:
        The shape of x.

    Raises:
        ValueError: If p is not in [0, 1], or x has other axes.
        TypeError: If x is not float32 or float64, or p not a number.

    Example:
        >>> len(set(dropout1d(np.ones((1, 1, 8)), 0.5).numpy().ravel()))
        1

    Source: torch.nn.functional.dropout1d.
    """
    p, x = check_probability("dropout1d", p), as_tensor(x)
    if x.ndim not in (2, 3):
        raise ValueError(
            f"dropout1d: x must have shape (N, C, L) or (C, L), got {x.ndim} dimensions: {x.shape}"
        )
    if not boolean("dropout1d", "training", training) or p == 0:
        return x
    dropped = DropoutChannels("dropout1d", p)
    return dropped(x) if x.ndim == 3 else squeeze(dropped(unsqueeze(x, 0)), 0)
