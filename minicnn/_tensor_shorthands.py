"""Methods of `Tensor` for what `minicnn.shorthands`, `products` and `counting` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import minicnn

if TYPE_CHECKING:
    import minicnn.ops
    from minicnn.ops.extrema import ValuesAndIndices
    from minicnn.tensor import Tensor


class TensorShorthands:
    """Methods in PyTorch's argument order, each of which calls its namesake of `minicnn`."""

    __slots__ = ()

    # -- truth --------------------------------------------------------------------------------

    def isnan(self) -> Tensor:
        return minicnn.isnan(self)

    def isinf(self) -> Tensor:
        return minicnn.isinf(self)

    def isfinite(self) -> Tensor:
        return minicnn.isfinite(self)

    def any(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        return minicnn.any(self, dim, keepdim)

    def all(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        return minicnn.all(self, dim, keepdim)

    def logical_and(self, other: Any) -> Tensor:
        return minicnn.logical_and(self, other)

    def logical_or(self, other: Any) -> Tensor:
        return minicnn.logical_or(self, other)

    def logical_xor(self, other: Any) -> Tensor:
        return minicnn.logical_xor(self, other)

    def logical_not(self) -> Tensor:
        return minicnn.logical_not(self)

    def __and__(self, other: Any) -> Tensor:
        return minicnn.logical_and(*_booleans("&", self, other))

    def __or__(self, other: Any) -> Tensor:
        return minicnn.logical_or(*_booleans("|", self, other))

    def __xor__(self, other: Any) -> Tensor:
        return minicnn.logical_xor(*_booleans("^", self, other))

    def __invert__(self) -> Tensor:
        return minicnn.logical_not(*_booleans("~", self))

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    # -- arithmetic ---------------------------------------------------------------------------

    def __floordiv__(self, other: Any) -> Tensor:
        return minicnn.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return minicnn.floor_divide(other, self)

    def __mod__(self, other: Any) -> Tensor:
        return minicnn.remainder(self, other)

    def __rmod__(self, other: Any) -> Tensor:
        return minicnn.remainder(other, self)

    def square(self) -> Tensor:
        return minicnn.square(self)

    def reciprocal(self) -> Tensor:
        return minicnn.reciprocal(self)

    def rsqrt(self) -> Tensor:
        return minicnn.rsqrt(self)

    def floor(self) -> Tensor:
        return minicnn.floor(self)

    def ceil(self) -> Tensor:
        return minicnn.ceil(self)

    def round(self) -> Tensor:
        return minicnn.round(self)

    def sign(self) -> Tensor:
        return minicnn.sign(self)

    def relu(self) -> Tensor:
        return minicnn.relu(self)

    def softmax(self, dim: int) -> Tensor:
        return minicnn.softmax(self, dim)

    def log_softmax(self, dim: int) -> Tensor:
        return minicnn.log_softmax(self, dim)

    def cumsum(self, dim: int) -> Tensor:
        return minicnn.cumsum(self, dim)

    def mm(self, mat2: Any) -> Tensor:
        return minicnn.mm(self, mat2)

    def bmm(self, mat2: Any) -> Tensor:
        return minicnn.bmm(self, mat2)

    def dot(self, tensor: Any) -> Tensor:
        return minicnn.dot(self, tensor)

    # -- order and places ---------------------------------------------------------------------

    def sort(
        self, dim: int = -1, descending: bool = False, stable: bool = True
    ) -> ValuesAndIndices:
        return minicnn.sort(self, dim, descending, stable)

    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
        return minicnn.argsort(self, dim, descending, stable)

    def masked_fill(self, mask: Any, value: float) -> Tensor:
        return minicnn.masked_fill(self, mask, value)

    def masked_select(self, mask: Any) -> Tensor:
        return minicnn.masked_select(self, mask)

    def index_select(self, dim: int, index: Any) -> Tensor:
        return minicnn.index_select(self, dim, index)

    def select(self, dim: int, index: int) -> Tensor:
        return minicnn.select(self, dim, index)

    def narrow(self, dim: int, start: int, length: int) -> Tensor:
        return minicnn.narrow(self, dim, start, length)

    def unbind(self, dim: int = 0) -> tuple[Tensor, ...]:
        return minicnn.unbind(self, dim)

    def repeat_interleave(self, repeats: int, dim: int | None = None) -> Tensor:
        return minicnn.repeat_interleave(self, repeats, dim)

    def movedim(self, source: int, destination: int) -> Tensor:
        return minicnn.movedim(self, source, destination)

    def view_as(self, other: Tensor) -> Tensor:
        return minicnn.ops.view(self, other.shape)

    def expand_as(self, other: Tensor) -> Tensor:
        return minicnn.ops.expand(self, other.shape)

    # -- questions ----------------------------------------------------------------------------

    def nonzero(self) -> Tensor:
        return minicnn.nonzero(self)

    def count_nonzero(self, dim: Any = None) -> Tensor:
        return minicnn.count_nonzero(self, dim)

    def unique(self, return_inverse: bool = False, return_counts: bool = False) -> Any:
        return minicnn.unique(self, return_inverse, return_counts)

    def equal(self, other: Any) -> bool:
        return minicnn.equal(self, other)

    def allclose(
        self, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
    ) -> bool:
        return minicnn.allclose(self, other, rtol, atol, equal_nan)


def _booleans(symbol: str, *operands: Any) -> tuple[Any, ...]:
    """Return the operands; raise TypeError unless they are boolean."""
    for value in operands:
        dtype = minicnn.Tensor(value).dtype
        if dtype.kind != "b":
            raise TypeError(f"{symbol}: operands must be boolean, got {dtype}")
    return operands
