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
        return minicnn.ops.add(self, other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Tensor:
        return minicnn.ops.sub(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return minicnn.ops.sub(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return minicnn.ops.mul(self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Tensor:
        return minicnn.ops.div(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return minicnn.ops.div(other, self)

    def __pow__(self, exponent: Any) -> Tensor:
        return minicnn.ops.pow(self, exponent)

    def __rpow__(self, base: Any) -> Tensor:
        return minicnn.ops.pow(base, self)

    def __neg__(self) -> Tensor:
        return minicnn.ops.neg(self)

    def __abs__(self) -> Tensor:
        return minicnn.ops.abs(self)

    add, sub, mul, div, pow, neg, abs = (
        *(__add__, __sub__, __mul__, __truediv__, __pow__, __neg__, __abs__),
    )

    def maximum(self, other: Any) -> Tensor:
        return minicnn.ops.maximum(self, other)

    def minimum(self, other: Any) -> Tensor:
        return minicnn.ops.minimum(self, other)

    def exp(self) -> Tensor:
        return minicnn.ops.exp(self)

    def log(self) -> Tensor:
        return minicnn.ops.log(self)

    def sqrt(self) -> Tensor:
        return minicnn.ops.sqrt(self)

    def sin(self) -> Tensor:
        return minicnn.ops.sin(self)

    def cos(self) -> Tensor:
        return minicnn.ops.cos(self)

    def tanh(self) -> Tensor:
        return minicnn.ops.tanh(self)

    def sigmoid(self) -> Tensor:
        return minicnn.ops.sigmoid(self)

    def clamp(self, min: Any = None, max: Any = None) -> Tensor:
        return minicnn.ops.clamp(self, min, max)

    def where(self, condition: Any, other: Any) -> Tensor:
        return minicnn.ops.where(condition, self, other)

    def to(self, dtype: Any) -> Tensor:
        """Return this tensor in another dtype."""
        return minicnn.ops.to(self, dtype)

    def float(self) -> Tensor:
        """Return this tensor as float32."""
        return minicnn.ops.to(self, "float32")

    def double(self) -> Tensor:
        """Return this tensor as float64."""
        return minicnn.ops.to(self, "float64")

    def long(self) -> Tensor:
        """Return this tensor as int64."""
        return minicnn.ops.to(self, "int64")

    # -- comparisons: tensors of booleans -----------------------------------------------------

    def __eq__(self, other: object) -> Tensor:  # type: ignore[override]  # values, not identity
        return minicnn.ops.eq(self, other)

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]
        return minicnn.ops.ne(self, other)

    def __lt__(self, other: Any) -> Tensor:
        return minicnn.ops.lt(self, other)

    def __le__(self, other: Any) -> Tensor:
        return minicnn.ops.le(self, other)

    def __gt__(self, other: Any) -> Tensor:
        return minicnn.ops.gt(self, other)

    def __ge__(self, other: Any) -> Tensor:
        return minicnn.ops.ge(self, other)

    eq, ne, lt, le, gt, ge = __eq__, __ne__, __lt__, __le__, __gt__, __ge__

    # -- reductions ---------------------------------------------------------------------------

    def sum(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        return minicnn.ops.sum(self, dim, keepdim)
