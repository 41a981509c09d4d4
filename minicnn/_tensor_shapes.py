"""The operations on shapes and places as methods of `Tensor`, as in `minicnn.ops`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import minicnn

if TYPE_CHECKING:
    import minicnn.ops
    from minicnn.tensor import Tensor


class TensorShapes:
    """Methods that give elements another shape or choose them, in PyTorch's argument order."""

    __slots__ = ()

    if TYPE_CHECKING:  # what Tensor has

        @property
        def shape(self) -> tuple[int, ...]: ...

        @property
        def ndim(self) -> int: ...

    def __getitem__(self, index: Any) -> Tensor:
        return minicnn.ops.getitem(self, index)

    def reshape(self, *shape: Any) -> Tensor:
        """Return the elements of this tensor, in C order, in another shape."""
        return minicnn.ops.reshape(self, shape)

    def view(self, *shape: Any) -> Tensor:
        """Return the elements in another shape: `reshape`, which copies where no view can do."""
        return minicnn.ops.view(self, shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """Merge the axes from `start_dim` to `end_dim`, both included, into one."""
        return minicnn.ops.flatten(self, start_dim, end_dim)

    def unflatten(self, dim: int, sizes: Any) -> Tensor:
        """Cut one axis into several, the reverse of `flatten`."""
        return minicnn.ops.unflatten(self, dim, sizes)

    def squeeze(self, dim: Any = None) -> Tensor:
        """Remove axes of size 1: all of them, or those that `dim` names; other sizes stay."""
        return minicnn.ops.squeeze(self, dim)

    def unsqueeze(self, dim: int) -> Tensor:
        """Insert an axis of size 1, so that it becomes axis `dim` of the result."""
        return minicnn.ops.unsqueeze(self, dim)

    def permute(self, *dims: Any) -> Tensor:
        """Put the axes in another order: axis i of the result is axis dims[i] of this tensor."""
        return minicnn.ops.permute(self, dims)

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """Exchange two axes."""
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
        """Stretch axes of size 1, and add axes in front, without a copy."""
        return minicnn.ops.expand(self, shape)

    def repeat(self, *repeats: Any) -> Tensor:
        """Lay copies side by side, repeats[i] of them along axis i, new axes in front."""
        return minicnn.ops.repeat(self, repeats)

    def flip(self, *dims: Any) -> Tensor:
        """Reverse the order of the elements along some axes."""
        return minicnn.ops.flip(self, dims[0] if len(dims) == 1 else dims)

    def roll(self, shifts: Any, dims: Any = None) -> Tensor:
        """Move the elements `shifts` places along some axes, around the ends."""
        return minicnn.ops.roll(self, shifts, dims)

    def split(self, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
        """Cut this tensor along an axis into parts that share its memory."""
        return minicnn.ops.split(self, split_size_or_sections, dim)

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
        """Cut this tensor along an axis into at most `chunks` parts of equal size."""
        return minicnn.ops.chunk(self, chunks, dim)

    def gather(self, dim: int, index: Any) -> Tensor:
        """Take one element for each place of `index`, which says where along `dim`."""
        return minicnn.ops.gather(self, dim, index)
