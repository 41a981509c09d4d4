"""Comparisons, element by element: tensors of booleans, which have no gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.ops._operands import check_broadcast, operands
from minicnn.tensor import Tensor


def _compare(op: str, function: Callable[..., Any], a: Any, b: Any) -> Tensor:
    a, b = operands(op, a, b)
    try:
        return Tensor.of_array(function(a.data, b.data))
    except ValueError:
        check_broadcast(op, a.data, b.data)
        raise


def eq(x: Any, other: Any) -> Tensor:
    """Return where x = other, element by element.

    Args:
        x: A tensor, array or number.
        other: The same; the shapes broadcast.

    Returns:
        Booleans of the broadcast shape. NaN equals nothing, not even itself.

    Raises:
        ValueError: If the shapes do not broadcast.

    Example:
        >>> eq([1, 2, 3], 2)
        tensor([False,  True, False])
    """
    return _compare("eq", np.equal, x, other)


def ne(x: Any, other: Any) -> Tensor:
    """Return where x and other differ, element by element; arguments and errors as of `eq`.

    Example:
        >>> ne([1, 2, 3], 2)
        tensor([ True, False,  True])
    """
    return _compare("ne", np.not_equal, x, other)


def lt(x: Any, other: Any) -> Tensor:
    """Return where x < other, element by element; arguments and errors as of `eq`.

    Example:
        >>> lt([1, 2, 3], 2)
        tensor([ True, False, False])
    """
    return _compare("lt", np.less, x, other)


def le(x: Any, other: Any) -> Tensor:
    """Return where x <= other, element by element; arguments and errors as of `eq`.

    Example:
        >>> le([1, 2, 3], 2)
        tensor([ True,  True, False])
    """
    return _compare("le", np.less_equal, x, other)


def gt(x: Any, other: Any) -> Tensor:
    """Return where x > other, element by element; arguments and errors as of `eq`.

    Example:
        >>> gt([1, 2, 3], 2)
        tensor([False, False,  True])
    """
    return _compare("gt", np.greater, x, other)


def ge(x: Any, other: Any) -> Tensor:
    """Return where x >= other, element by element; arguments and errors as of `eq`.

    Example:
        >>> ge([1, 2, 3], 2)
        tensor([False,  True,  True])
    """
    return _compare("ge", np.greater_equal, x, other)
