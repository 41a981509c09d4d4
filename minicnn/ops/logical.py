"""Truth: which numbers are finite, and what holds for some or all; booleans, without gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.ops._operands import axes, check_broadcast
from minicnn.tensor import Tensor, as_tensor


def isnan(x: Any) -> Tensor:
    """Return where x is no number.

    Args:
        x: Any shape.

    Returns:
        Booleans of the shape of `x`.

    Example:
        >>> isnan([1.0, float("nan")])
        tensor([False,  True])
    """
    return Tensor.of_array(np.isnan(as_tensor(x).data))


def isinf(x: Any) -> Tensor:
    """Return where x is infinite, of either sign; arguments and result as of `isnan`.

    Example:
        >>> isinf([1.0, -float("inf")])
        tensor([False,  True])
    """
    return Tensor.of_array(np.isinf(as_tensor(x).data))


def isfinite(x: Any) -> Tensor:
    """Return where x is neither infinite nor NaN; arguments and result as of `isnan`.

    Example:
        >>> isfinite([1.0, float("nan")])
        tensor([ True, False])
    """
    return Tensor.of_array(np.isfinite(as_tensor(x).data))


def _combine(op: str, function: Callable[..., Any], a: Any, b: Any) -> Tensor:
    a, b = as_tensor(a), as_tensor(b)
    try:
        return Tensor.of_array(function(a.data, b.data))
    except ValueError:
        check_broadcast(op, a.data, b.data)
        raise


def logical_and(x: Any, other: Any) -> Tensor:
    """Return where both are true, that is, not 0.

    Args:
        x: A tensor, array or number.
        other: The same; the shapes broadcast.

    Returns:
        Booleans of the broadcast shape. NaN counts as true.

    Raises:
        ValueError: If the shapes do not broadcast.

    Example:
        >>> logical_and([True, True], [True, False])
        tensor([ True, False])
    """
    return _combine("logical_and", np.logical_and, x, other)


def logical_or(x: Any, other: Any) -> Tensor:
    """Return where one or both are true; arguments, result and errors as of `logical_and`.

    Example:
        >>> logical_or([True, False], [False, False])
        tensor([ True, False])
    """
    return _combine("logical_or", np.logical_or, x, other)


def logical_xor(x: Any, other: Any) -> Tensor:
    """Return where one is true and not both; arguments, result and errors as of `logical_and`.

    Example:
        >>> logical_xor([True, True], [True, False])
        tensor([False,  True])
    """
    return _combine("logical_xor", np.logical_xor, x, other)


def logical_not(x: Any) -> Tensor:
    """Return where x is 0; arguments and result as of `isnan`.

    Example:
        >>> logical_not([True, False])
        tensor([False,  True])
    """
    return Tensor.of_array(np.logical_not(as_tensor(x).data))


def any(x: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Return whether some element is true, that is, not 0: of all, or along some axes.

    Args:
        x: Any shape.
        dim: The axis or axes; None for all.
        keepdim: Whether these axes stay, with size 1.

    Returns:
        Booleans of the shape of `x` without these axes; False along an axis of size 0.

    Raises:
        ValueError: If there is no such axis.

    Example:
        >>> any([[False, True], [False, False]], dim=1)
        tensor([ True, False])
    """
    x = as_tensor(x).data
    return Tensor.of_array(np.any(x, axis=axes("any", dim, x.ndim), keepdims=bool(keepdim)))


def all(x: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Return whether all elements are true; arguments and errors as of `any`.

    Returns:
        Booleans of the shape of `x` without these axes; True along an axis of size 0.

    Example:
        >>> all([[True, True], [False, True]], dim=1)
        tensor([ True, False])
    """
    x = as_tensor(x).data
    return Tensor.of_array(np.all(x, axis=axes("all", dim, x.ndim), keepdims=bool(keepdim)))
