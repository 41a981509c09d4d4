"""Methods of `Tensor` that change its values in place, where no gradient is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

import minicnn

if TYPE_CHECKING:
    from minicnn.tensor import Tensor


class TensorInPlace:
    """Changes in place, under torch's names.

    The graph does not see them, so they are refused where it would be wrong afterwards: for a
    tensor that requires a gradient while operations are recorded. What an operation has been given
    must not change between its forward and its backward pass; this is not checked. `x += y` and its
    like change x in place inside `no_grad` only; where operations are recorded, they make a new
    tensor, which the graph sees.
    """

    __slots__ = ()

    if TYPE_CHECKING:  # what Tensor has
        data: np.ndarray
        requires_grad: bool
        creator: Any

    def _changed(self, op: str, value: Any, index: Any = Ellipsis) -> Tensor:
        """Write `value` to the places `index`, converted to this tensor's dtype."""
        recording = minicnn.is_grad_enabled()
        if recording and (self.requires_grad or getattr(value, "requires_grad", False)):
            raise RuntimeError(
                f"{op}: tensors that require a gradient are changed in place inside"
                " minicnn.no_grad() only; make a new one (where, cat, clamp, ...), which the graph"
                " sees"
            )
        array = np.asarray(value)
        number = array.ndim == 0 and not isinstance(value, (np.ndarray, minicnn.Tensor))
        if not (np.can_cast(array.dtype, self.data.dtype, "same_kind") or number):
            raise TypeError(f"{op}: {array.dtype} cannot become {self.data.dtype} in place")
        try:
            self.data[index] = array
        except (ValueError, IndexError) as error:
            raise type(error)(f"{op}: this tensor has shape {self.data.shape}: {error}") from None
        return cast("Tensor", self)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._changed("setitem", value, minicnn.ops.indexing.as_index(index))

    def copy_(self, src: Any) -> Tensor:
        """Write the values of another tensor, whose shape broadcasts to this one's.

        Raises:
            RuntimeError: If either requires a gradient and operations are recorded.
            TypeError: If real numbers would become integers.
            ValueError: If the shape does not fit.
        """
        return self._changed("copy_", src)

    def fill_(self, value: Any) -> Tensor:
        """Write one number to all places; errors as of `copy_`."""
        return self._changed("fill_", value)

    def zero_(self) -> Tensor:
        """Write 0 to all places; errors as of `copy_`."""
        return self._changed("zero_", 0)

    def _computed(self, op: str, operation: Any, other: Any) -> Tensor:
        """Write operation(self, other) to all places."""
        if minicnn.is_grad_enabled() and getattr(other, "requires_grad", False):
            return self._changed(op, other)  # raises
        with minicnn.no_grad():
            value = operation(self, other)
        return self._changed(op, value)

    def add_(self, other: Any, *, alpha: float = 1) -> Tensor:
        """Add alpha * other in place; errors as of `copy_`."""
        return self._computed("add_", lambda x, y: minicnn.add(x, _times(y, alpha)), other)

    def sub_(self, other: Any, *, alpha: float = 1) -> Tensor:
        """Subtract alpha * other in place; errors as of `copy_`."""
        return self._computed("sub_", lambda x, y: minicnn.sub(x, _times(y, alpha)), other)

    def mul_(self, other: Any) -> Tensor:
        """Multiply in place; errors as of `copy_`."""
        return self._computed("mul_", minicnn.mul, other)

    def div_(self, other: Any) -> Tensor:
        """Divide in place; errors as of `copy_`."""
        return self._computed("div_", minicnn.div, other)

    # -- x += y and its like: in place where nothing is recorded --------------------------------

    def _assigned(self, op: str, operation: Any, other: Any) -> Tensor:
        y: Tensor = operation(self, other)
        if minicnn.is_grad_enabled():
            return y
        if y.shape != self.data.shape:
            raise ValueError(
                f"{op}: in place, the result must have this tensor's shape {self.data.shape}, got"
                f" {y.shape}"
            )
        return self._changed(op, y)

    def __iadd__(self, other: Any) -> Tensor:
        return self._assigned("iadd", minicnn.add, other)

    def __isub__(self, other: Any) -> Tensor:
        return self._assigned("isub", minicnn.sub, other)

    def __imul__(self, other: Any) -> Tensor:
        return self._assigned("imul", minicnn.mul, other)

    def __itruediv__(self, other: Any) -> Tensor:
        return self._assigned("itruediv", minicnn.div, other)

    def clamp_(self, min: Any = None, max: Any = None) -> Tensor:
        """Replace what lies beyond a bound by that bound, in place; errors as of `copy_`."""
        return self._computed("clamp_", lambda x, _: minicnn.clamp(x, min, max), None)

    def masked_fill_(self, mask: Any, value: Any) -> Tensor:
        """Write one number where the mask is true; errors as of `copy_` and `masked_fill`."""
        return self._computed("masked_fill_", lambda x, _: minicnn.masked_fill(x, mask, value), 0)

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Tensor:
        """Write numbers from the normal distribution; errors as of `copy_`."""
        y = self._changed("normal_", self.data)
        return minicnn.nn.init.normal_(y, mean, std, generator)

    def uniform_(self, from_: float = 0.0, to: float = 1.0, *, generator: Any = None) -> Tensor:
        """Write numbers drawn evenly from [from_, to]; errors as of `copy_`."""
        y = self._changed("uniform_", self.data)
        return minicnn.nn.init.uniform_(y, from_, to, generator)

    def detach_(self) -> Tensor:
        """Take this tensor out of the graph: it becomes a leaf without a gradient."""
        y = cast("Tensor", self)
        y.creator, y.requires_grad = None, False
        return y


def _times(other: Any, alpha: float) -> Any:
    """Return alpha * other; a product of Python's numbers is one of Python's."""
    if isinstance(other, (int, float)):
        return other * alpha
    return other if alpha == 1 else minicnn.mul(other, alpha)
