"""New tensors of random numbers, under torch's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.creation import shape_of
from minicnn.random import default_generator
from minicnn.tensor import Tensor, as_tensor

Generator = np.random.Generator | None  # None: the default generator


def _rng(generator: Generator) -> np.random.Generator:
    return default_generator if generator is None else generator


def _dtype(op: str, dtype: Any) -> np.dtype[Any]:
    """Return the dtype of random numbers: float32 or float64."""
    found = np.dtype(dtype)
    if found not in (np.float32, np.float64):
        raise TypeError(f"{op}: dtype must be float32 or float64, got {found}")
    return found


def rand(
    *size: Any,
    generator: Generator = None,
    dtype: Any = np.float32,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return numbers drawn evenly from [0, 1).

    Example:
        >>> rand(2, 3).shape
        (2, 3)
    """
    shape, kind = shape_of("rand", size, device), _dtype("rand", dtype)
    return Tensor(np.asarray(_rng(generator).random(shape, dtype=kind.type)), requires_grad)


def randn(
    *size: Any,
    generator: Generator = None,
    dtype: Any = np.float32,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Return numbers of mean 0 and variance 1, normally distributed.

    Example:
        >>> randn(2, 3).shape
        (2, 3)
    """
    shape, kind = shape_of("randn", size, device), _dtype("randn", dtype)
    drawn = _rng(generator).standard_normal(shape, dtype=kind.type)
    return Tensor(np.asarray(drawn), requires_grad)


def rand_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return `rand` of x's shape, and of its dtype if none is given."""
    like = as_tensor(x)
    return rand(like.shape, dtype=dtype or like.dtype, requires_grad=requires_grad)


def randn_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Return `randn` of x's shape, and of its dtype if none is given."""
    like = as_tensor(x)
    return randn(like.shape, dtype=dtype or like.dtype, requires_grad=requires_grad)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator = None,
    dtype: Any = np.int64,
    device: Any = None,
) -> Tensor:
    """Return integers drawn evenly from low to high - 1; `randint(high, size)` begins at 0.

    Raises:
        ValueError: If there is no integer to draw.

    Example:
        >>> randint(1, (3,)).tolist()
        [0, 0, 0]
    """
    if size is None:
        low, high, size = 0, low, high
    low, high = integer("randint", "low", low), integer("randint", "high", high)
    if low >= high:
        raise ValueError(f"randint: low must be below high, got {low} and {high}")
    drawn = _rng(generator).integers(low, high, shape_of("randint", size, device))
    return Tensor(drawn.astype(dtype))


def randperm(n: int, *, generator: Generator = None, device: Any = None) -> Tensor:
    """Return the integers from 0 to n - 1 in random order.

    Example:
        >>> sorted(randperm(3).tolist())
        [0, 1, 2]
    """
    (count,) = shape_of("randperm", (integer("randperm", "n", n),), device)
    return Tensor(_rng(generator).permutation(count))


def normal(mean: Any, std: Any, size: Any = None, *, generator: Generator = None) -> Tensor:
    """Return numbers from normal distributions.

    Args:
        mean: Their means, a number or a tensor.
        std: Their standard deviations, none negative, the same; the shapes broadcast.
        size: The shape of the result, for two numbers; else left out.
        generator: Where they are drawn from.

    Returns:
        float32, or float64 if a tensor of it is given.

    Raises:
        ValueError: If a standard deviation is negative, or the shapes do not fit.

    Example:
        >>> normal(5.0, 0.0, (2,))
        tensor([5., 5.])
    """
    m, s = as_tensor(mean).data, as_tensor(std).data
    if not (s >= 0).all():
        raise ValueError(f"normal: std must not be negative, got {std}")
    shape = np.broadcast_shapes(m.shape, s.shape) if size is None else shape_of("normal", (size,))
    drawn = _rng(generator).standard_normal(shape)
    double = np.float64 in (m.dtype, s.dtype)
    return Tensor(np.asarray(m + s * drawn, np.float64 if double else np.float32))


def bernoulli(x: Any, *, generator: Generator = None) -> Tensor:
    """Return 1 with the probability that each element of `x` gives, else 0.

    Args:
        x: Probabilities, any shape.
        generator: Where they are drawn from.

    Returns:
        The shape and dtype of `x`.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If an element is not between 0 and 1.

    Example:
        >>> bernoulli([0.0, 1.0])
        tensor([0., 1.])
    """
    p = as_tensor(x).data
    if p.dtype.kind != "f":
        raise TypeError(f"bernoulli: x must be floating point, got {p.dtype}")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("bernoulli: x must hold probabilities between 0 and 1")
    return Tensor(np.asarray(_rng(generator).random(p.shape) < p).astype(p.dtype))


def multinomial(
    x: Any, num_samples: int, replacement: bool = False, *, generator: Generator = None
) -> Tensor:
    """Return places along the last axis, drawn with probabilities proportional to `x`.

    Args:
        x: Weights, shape (K,) or (N, K), none negative, of each row some positive.
        num_samples: How many to draw for each row.
        replacement: Whether a place can be drawn more than once.
        generator: Where they are drawn from.

    Returns:
        int64, shape (num_samples,) or (N, num_samples).

    Raises:
        ValueError: If the weights are none, or too few places have a weight.

    Example:
        >>> multinomial([0.0, 3.0], 2, replacement=True)
        tensor([1, 1])
    """
    weights = np.asarray(as_tensor(x).data, np.float64)
    count = integer("multinomial", "num_samples", num_samples)
    if weights.ndim not in (1, 2) or count < 1:
        raise ValueError(
            "multinomial: x must have one or two axes and num_samples be positive, got shape"
            f" {weights.shape} and {count}"
        )
    rows = weights.reshape(-1, weights.shape[-1])
    if not (np.isfinite(rows).all() and (rows >= 0).all() and (rows.sum(axis=1) > 0).all()):
        raise ValueError("multinomial: each row of x must hold weights >= 0, some of them > 0")
    if not replacement and ((rows > 0).sum(axis=1) < count).any():
        raise ValueError(f"multinomial: without replacement, {count} weights must be positive")
    rng = _rng(generator)
    drawn = [rng.choice(len(row), count, replacement, row / row.sum()) for row in rows]
    return Tensor(np.array(drawn, np.int64).reshape(*weights.shape[:-1], count))
