"""The tensor that a module learns."""

from __future__ import annotations

from typing import Any

from minicnn.tensor import Tensor


class Parameter(Tensor):
    """A tensor that a `Module` counts among its parameters once it becomes an attribute.

    Example:
        >>> Parameter([1.0, 2.0])
        Parameter containing:
        tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(data, requires_grad)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()
