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
        """Return where x is no number."""
        return minicnn.isnan(self)

    def isinf(self) -> Tensor:
        """Return where x is infinite, of either sign; arguments and result as of `isnan`."""
        return minicnn.isinf(self)

    def isfinite(self) -> Tensor:
        """Return where x is neither infinite nor NaN; arguments and result as of `isnan`."""
        return minicnn.isfinite(self)

    def any(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """Return whether some element is true, that is, not 0: of all, or along some axes."""
        return minicnn.any(self, dim, keepdim)

    def all(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """Return whether all elements are true."""
        return minicnn.all(self, dim, keepdim)

    def logical_and(self, other: Any) -> Tensor:
        """Return where both are true, that is, not 0."""
        return minicnn.logical_and(self, other)

    def logical_or(self, other: Any) -> Tensor:
        """Return where one or both are true; see `logical_and`."""
        return minicnn.logical_or(self, other)

    def logical_xor(self, other: Any) -> Tensor:
        """Return where one is true and not both; see `logical_and`."""
        return minicnn.logical_xor(self, other)

    def logical_not(self) -> Tensor:
        """Return where x is 0; arguments and result as of `isnan`."""
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
        """Return x * x."""
        return minicnn.square(self)

    def reciprocal(self) -> Tensor:
        """Return 1 / x."""
        return minicnn.reciprocal(self)

    def rsqrt(self) -> Tensor:
        """Return 1 / sqrt(x)."""
        return minicnn.rsqrt(self)

    def floor(self) -> Tensor:
        """Return the largest whole number that is not above each element; the gradient is 0."""
        return minicnn.floor(self)

    def ceil(self) -> Tensor:
        """Return the smallest whole number that is not below each element; as `floor` otherwise."""
        return minicnn.ceil(self)

    def round(self) -> Tensor:
        """Return the nearest whole number, of two the even one; as `floor` otherwise."""
        return minicnn.round(self)

    def sign(self) -> Tensor:
        """Return 1 for positive, -1 for negative elements and 0 for 0; the gradient is 0."""
        return minicnn.sign(self)

    def relu(self) -> Tensor:
        """The rectifier: kernels in cpp/relu/, tests in tests/ops/test_relu.py."""
        return minicnn.relu(self)

    def softmax(self, dim: int) -> Tensor:
        """Softmax and its logarithm along one axis: tests in tests/ops/test_softmax.py."""
        return minicnn.softmax(self, dim)

    def log_softmax(self, dim: int) -> Tensor:
        """Return log(softmax(x)) along one axis, without underflow."""
        return minicnn.log_softmax(self, dim)

    def cumsum(self, dim: int) -> Tensor:
        """Return the running sums along an axis, each element included in its own."""
        return minicnn.cumsum(self, dim)

    def mm(self, mat2: Any) -> Tensor:
        """Return the product of two matrices: (M, K) times (K, N) gives (M, N)."""
        return minicnn.mm(self, mat2)

    def bmm(self, mat2: Any) -> Tensor:
        """Return the products of two batches of matrices."""
        return minicnn.bmm(self, mat2)

    def dot(self, tensor: Any) -> Tensor:
        """Return the sum of products of two vectors of one size."""
        return minicnn.dot(self, tensor)

    # -- order and places ---------------------------------------------------------------------

    def sort(
        self, dim: int = -1, descending: bool = False, stable: bool = True
    ) -> ValuesAndIndices:
        """Return the elements sorted along an axis, and where they were."""
        return minicnn.sort(self, dim, descending, stable)

    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
        """Return the order that sorts this tensor along an axis, int64."""
        return minicnn.argsort(self, dim, descending, stable)

    def masked_fill(self, mask: Any, value: float) -> Tensor:
        """Return this tensor with one number where the mask is true."""
        return minicnn.masked_fill(self, mask, value)

    def masked_select(self, mask: Any) -> Tensor:
        """Return the elements where the mask of the same shape is true, along one axis."""
        return minicnn.masked_select(self, mask)

    def index_select(self, dim: int, index: Any) -> Tensor:
        """Return the places of an axis that `index` names, in its order."""
        return minicnn.index_select(self, dim, index)

    def select(self, dim: int, index: int) -> Tensor:
        """Return the part of this tensor at one place of an axis, without it."""
        return minicnn.select(self, dim, index)

    def narrow(self, dim: int, start: int, length: int) -> Tensor:
        """Return `length` places of an axis, from `start` on."""
        return minicnn.narrow(self, dim, start, length)

    def unbind(self, dim: int = 0) -> tuple[Tensor, ...]:
        """Return the parts along an axis, each without it."""
        return minicnn.unbind(self, dim)

    def repeat_interleave(self, repeats: int, dim: int | None = None) -> Tensor:
        """Return each element several times in a row, along an axis."""
        return minicnn.repeat_interleave(self, repeats, dim)

    def movedim(self, source: int, destination: int) -> Tensor:
        """Move an axis to another place; the others keep their order."""
        return minicnn.movedim(self, source, destination)

    def view_as(self, other: Tensor) -> Tensor:
        """Return this tensor in the shape of another one."""
        return minicnn.ops.view(self, other.shape)

    def expand_as(self, other: Tensor) -> Tensor:
        """Return this tensor, expanded to the shape of another one."""
        return minicnn.ops.expand(self, other.shape)

    # -- questions ----------------------------------------------------------------------------

    def nonzero(self) -> Tensor:
        """Return where the elements are not 0: one row of coordinates for each, in C order."""
        return minicnn.nonzero(self)

    def count_nonzero(self, dim: Any = None) -> Tensor:
        """Return how many elements are not 0: of all, or along some axes."""
        return minicnn.count_nonzero(self, dim)

    def unique(self, return_inverse: bool = False, return_counts: bool = False) -> Any:
        """Return the different elements, sorted, along one axis."""
        return minicnn.unique(self, return_inverse, return_counts)

    def equal(self, other: Any) -> bool:
        """Whether two tensors have one shape and equal elements."""
        return minicnn.equal(self, other)

    def allclose(
        self, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
    ) -> bool:
        """Whether |x - other| <= atol + rtol * |other| everywhere; the shapes broadcast."""
        return minicnn.allclose(self, other, rtol, atol, equal_nan)


def _booleans(symbol: str, *operands: Any) -> tuple[Any, ...]:
    """Return the operands; raise TypeError unless they are boolean."""
    for value in operands:
        dtype = minicnn.Tensor(value).dtype
        if dtype.kind != "b":
            raise TypeError(f"{symbol}: operands must be boolean, got {dtype}")
    return operands
