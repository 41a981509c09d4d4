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

    if TYPE_CHECKING:  # what Tensor has

        @property
        def shape(self) -> tuple[int, ...]: ...

        @property
        def ndim(self) -> int: ...

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

    clip = clamp

    def where(self, condition: Any, other: Any) -> Tensor:
        return minicnn.ops.where(condition, self, other)

    # -- products of matrices -----------------------------------------------------------------

    def __matmul__(self, other: Any) -> Tensor:
        return minicnn.ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return minicnn.ops.matmul(other, self)

    matmul = __matmul__

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

    def mean(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        return minicnn.ops.mean(self, dim, keepdim)

    def var(
        self,
        dim: Any = None,
        unbiased: Any = None,
        keepdim: bool = False,
        *,
        correction: Any = None,
    ) -> Tensor:
        return minicnn.ops.var(self, dim, unbiased, keepdim, correction=correction)

    def std(
        self,
        dim: Any = None,
        unbiased: Any = None,
        keepdim: bool = False,
        *,
        correction: Any = None,
    ) -> Tensor:
        return minicnn.ops.std(self, dim, unbiased, keepdim, correction=correction)

    def prod(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        return minicnn.ops.prod(self, dim, keepdim)

    def norm(self, p: Any = "fro", dim: Any = None, keepdim: bool = False) -> Tensor:
        return minicnn.ops.norm(self, p, dim, keepdim)

    def logsumexp(self, dim: Any, keepdim: bool = False) -> Tensor:
        return minicnn.ops.logsumexp(self, dim, keepdim)

    def max(self, dim: Any = None, keepdim: bool = False) -> Any:
        return minicnn.ops.max(self, dim, keepdim)

    def min(self, dim: Any = None, keepdim: bool = False) -> Any:
        return minicnn.ops.min(self, dim, keepdim)

    def amax(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        return minicnn.ops.amax(self, dim, keepdim)

    def amin(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        return minicnn.ops.amin(self, dim, keepdim)

    def argmax(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        return minicnn.ops.argmax(self, dim, keepdim)

    def argmin(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        return minicnn.ops.argmin(self, dim, keepdim)

    def topk(
        self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
    ) -> minicnn.ops.extrema.ValuesAndIndices:
        return minicnn.ops.topk(self, k, dim, largest, sorted)

    # -- shape and places ---------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Tensor:
        return minicnn.ops.getitem(self, index)

    def reshape(self, *shape: Any) -> Tensor:
        return minicnn.ops.reshape(self, shape)

    def view(self, *shape: Any) -> Tensor:
        return minicnn.ops.view(self, shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        return minicnn.ops.flatten(self, start_dim, end_dim)

    def unflatten(self, dim: int, sizes: Any) -> Tensor:
        return minicnn.ops.unflatten(self, dim, sizes)

    def squeeze(self, dim: Any = None) -> Tensor:
        return minicnn.ops.squeeze(self, dim)

    def unsqueeze(self, dim: int) -> Tensor:
        return minicnn.ops.unsqueeze(self, dim)

    def permute(self, *dims: Any) -> Tensor:
        return minicnn.ops.permute(self, dims)

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        return minicnn.ops.transpose(self, dim0, dim1)

    def t(self) -> Tensor:
        """Return a matrix with its axes exchanged; tensors of fewer axes as they are."""
        if self.ndim > 2:
            raise ValueError(f"t: needs at most 2 axes, got shape {self.shape}; use .transpose")
        return minicnn.ops.permute(self, tuple(range(self.ndim))[::-1])

    @property
    def T(self) -> Tensor:  # noqa: N802  # the field's name
        """This tensor with its axes in reverse order."""
        return minicnn.ops.permute(self, tuple(range(self.ndim - 1, -1, -1)))

    @property
    def mT(self) -> Tensor:  # noqa: N802
        """This tensor with its last two axes exchanged."""
        return minicnn.ops.transpose(self, -2, -1)

    def expand(self, *shape: Any) -> Tensor:
        return minicnn.ops.expand(self, shape)

    def repeat(self, *repeats: Any) -> Tensor:
        return minicnn.ops.repeat(self, repeats)

    def flip(self, *dims: Any) -> Tensor:
        return minicnn.ops.flip(self, dims[0] if len(dims) == 1 else dims)

    def roll(self, shifts: Any, dims: Any = None) -> Tensor:
        return minicnn.ops.roll(self, shifts, dims)

    def split(self, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
        return minicnn.ops.split(self, split_size_or_sections, dim)

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
        return minicnn.ops.chunk(self, chunks, dim)

    def gather(self, dim: int, index: Any) -> Tensor:
        return minicnn.ops.gather(self, dim, index)
