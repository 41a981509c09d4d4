"""The operations as operators and methods of `Tensor`: each calls its namesake in `minicnn.ops`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import minicnn  # not `from minicnn import ops`: the operations need the class that is made of this

if TYPE_CHECKING:
    import minicnn.ops
    from minicnn.tensor import Tensor


class TensorMethods:
    """Operators and methods of `Tensor`, in PyTorch's argument order."""

    __slots__ = ()

    # -- arithmetic ---------------------------------------------------------------------------

    def __add__(self, other: Any) -> Tensor:
        """Return self + other."""
        return minicnn.ops.add(self, other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Tensor:
        """Return self - other."""
        return minicnn.ops.sub(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return minicnn.ops.sub(other, self)

    def __mul__(self, other: Any) -> Tensor:
        """Return self * other."""
        return minicnn.ops.mul(self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Tensor:
        """Return self / other."""
        return minicnn.ops.div(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return minicnn.ops.div(other, self)

    def __pow__(self, exponent: Any) -> Tensor:
        """Return self to the power of `exponent`."""
        return minicnn.ops.pow(self, exponent)

    def __rpow__(self, base: Any) -> Tensor:
        return minicnn.ops.pow(base, self)

    def __neg__(self) -> Tensor:
        """Return -self."""
        return minicnn.ops.neg(self)

    def __abs__(self) -> Tensor:
        """Return the distance of each element from 0."""
        return minicnn.ops.abs(self)

    add, sub, mul, div, pow, neg, abs = (
        *(__add__, __sub__, __mul__, __truediv__, __pow__, __neg__, __abs__),
    )

    def maximum(self, other: Any) -> Tensor:
        """Return the larger of x and other, element by element."""
        return minicnn.ops.maximum(self, other)

    def minimum(self, other: Any) -> Tensor:
        """Return the smaller of x and other, element by element."""
        return minicnn.ops.minimum(self, other)

    def exp(self) -> Tensor:
        """Return e to the power of each element."""
        return minicnn.ops.exp(self)

    def log(self) -> Tensor:
        """Return the natural logarithm of each element."""
        return minicnn.ops.log(self)

    def sqrt(self) -> Tensor:
        """Return the square root of each element; the gradient at 0 is inf."""
        return minicnn.ops.sqrt(self)

    def sin(self) -> Tensor:
        """Return the sine of each element, an angle in radians."""
        return minicnn.ops.sin(self)

    def cos(self) -> Tensor:
        """Return the cosine of each element, an angle in radians."""
        return minicnn.ops.cos(self)

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent of each element, between -1 and 1."""
        return minicnn.ops.tanh(self)

    def sigmoid(self) -> Tensor:
        """Return 1 / (1 + exp(-x)) for each element, between 0 and 1."""
        return minicnn.ops.sigmoid(self)

    def clamp(self, min: Any = None, max: Any = None) -> Tensor:
        """Return each element, or the bound it lies beyond."""
        return minicnn.ops.clamp(self, min, max)

    clip = clamp

    def where(self, condition: Any, other: Any) -> Tensor:
        """Return this tensor where the condition is true and `other` where it is false."""
        return minicnn.ops.where(condition, self, other)

    # -- products of matrices -----------------------------------------------------------------

    def __matmul__(self, other: Any) -> Tensor:
        """Return the product of matrices, self @ other."""
        return minicnn.ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return minicnn.ops.matmul(other, self)

    matmul = __matmul__

    # -- comparisons: tensors of booleans -----------------------------------------------------

    def __eq__(self, other: object) -> Tensor:  # type: ignore[override]  # values, not identity
        """Return where self = other."""
        return minicnn.ops.eq(self, other)

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]
        """Return where self and other differ."""
        return minicnn.ops.ne(self, other)

    def __lt__(self, other: Any) -> Tensor:
        """Return where self < other."""
        return minicnn.ops.lt(self, other)

    def __le__(self, other: Any) -> Tensor:
        """Return where self <= other."""
        return minicnn.ops.le(self, other)

    def __gt__(self, other: Any) -> Tensor:
        """Return where self > other."""
        return minicnn.ops.gt(self, other)

    def __ge__(self, other: Any) -> Tensor:
        """Return where self >= other."""
        return minicnn.ops.ge(self, other)

    eq, ne, lt, le, gt, ge = __eq__, __ne__, __lt__, __le__, __gt__, __ge__

    # -- reductions ---------------------------------------------------------------------------

    def sum(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """Add the elements up along some axes."""
        return minicnn.ops.sum(self, dim, keepdim)

    def mean(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """Return the mean along some axes, NaN for the mean of nothing."""
        return minicnn.ops.mean(self, dim, keepdim)

    def var(
        self,
        dim: Any = None,
        unbiased: Any = None,
        keepdim: bool = False,
        *,
        correction: Any = None,
    ) -> Tensor:
        """Return the variance along some axes: sum((x - mean)^2) / max(n - correction, 0)."""
        return minicnn.ops.var(self, dim, unbiased, keepdim, correction=correction)

    def std(
        self,
        dim: Any = None,
        unbiased: Any = None,
        keepdim: bool = False,
        *,
        correction: Any = None,
    ) -> Tensor:
        """Return the standard deviation, the root of `var`."""
        return minicnn.ops.std(self, dim, unbiased, keepdim, correction=correction)

    def prod(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """Multiply the elements along one axis, or all."""
        return minicnn.ops.prod(self, dim, keepdim)

    def norm(self, p: Any = "fro", dim: Any = None, keepdim: bool = False) -> Tensor:
        """Return sum(|x|^p)^(1/p) along some axes: the length of each vector."""
        return minicnn.ops.norm(self, p, dim, keepdim)

    def logsumexp(self, dim: Any, keepdim: bool = False) -> Tensor:
        """Return log(sum(exp(x))) along some axes without overflow."""
        return minicnn.ops.logsumexp(self, dim, keepdim)

    def max(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Return the largest element: of all, along one axis with its place, or of two tensors."""
        return minicnn.ops.max(self, dim, keepdim)

    def min(self, dim: Any = None, keepdim: bool = False) -> Any:
        """Return the smallest element; see `max`."""
        return minicnn.ops.min(self, dim, keepdim)

    def amax(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """Return the largest element along some axes or all; equal ones share the gradient."""
        return minicnn.ops.amax(self, dim, keepdim)

    def amin(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """Return the smallest element along some axes or all."""
        return minicnn.ops.amin(self, dim, keepdim)

    def argmax(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """Return where the largest element is, int64; of equal ones the first."""
        return minicnn.ops.argmax(self, dim, keepdim)

    def argmin(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """Return where the smallest element is."""
        return minicnn.ops.argmin(self, dim, keepdim)

    def topk(
        self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
    ) -> minicnn.ops.extrema.ValuesAndIndices:
        """Return the `k` largest elements along an axis, the largest first, and their places."""
        return minicnn.ops.topk(self, k, dim, largest, sorted)
