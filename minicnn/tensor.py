"""The tensor: a NumPy array that remembers how it was computed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn._tensor_conversions import TensorConversions
from minicnn._tensor_in_place import TensorInPlace
from minicnn._tensor_methods import TensorMethods
from minicnn._tensor_shapes import TensorShapes
from minicnn._tensor_shorthands import TensorShorthands

if TYPE_CHECKING:
    from minicnn.autograd import Function


class Tensor(TensorMethods, TensorShapes, TensorShorthands, TensorConversions, TensorInPlace):
    """A NumPy array that remembers how it was computed.

    Args:
        data: An array (kept as it is, without a copy, unless its byte order is not the machine's),
            a number or nested lists of numbers (floats become float32, integers int64).
        requires_grad: Whether `backward` computes a gradient for this tensor.

    Attributes:
        data: The values, an ndarray.
        grad: dL/d(data) after `L.backward()`, an ndarray of the same shape, or None.
        requires_grad: As above; true also for results of tensors that require it.
        creator: The `Function` that computed this tensor; None for a leaf.

    Raises:
        TypeError: If `data` is not numeric, or requires a gradient and is not floating point.

    Example:
        >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        array([2., 4., 6.], dtype=float32)
    """

    __slots__ = ("__weakref__", "creator", "data", "grad", "requires_grad")
    __array_ufunc__ = None  # so that ndarray * tensor asks the tensor
    __hash__ = object.__hash__  # == compares values, element by element

    data: np.ndarray
    grad: np.ndarray | None
    requires_grad: bool
    creator: Function | None

    def __init__(self, data: Any, requires_grad: bool = False) -> None:
        if isinstance(data, Tensor):
            data = data.data
        elif not isinstance(data, (np.ndarray, np.generic)):
            data = np.asarray(data)
            if data.dtype == np.float64:
                data = data.astype(np.float32)
        self.data = np.asarray(data)
        if self.data.dtype.kind not in "biuf":
            raise TypeError(f"Tensor: data must be numeric, got dtype {self.data.dtype}")
        if not self.data.dtype.isnative:
            self.data = self.data.astype(self.data.dtype.newbyteorder("="))
        if requires_grad and self.data.dtype.kind != "f":
            raise TypeError(
                "Tensor: only floating-point tensors can require a gradient, got dtype"
                f" {self.data.dtype}"
            )
        self.requires_grad = requires_grad
        self.grad = None
        self.creator = None

    @classmethod
    def of_array(cls, array: np.ndarray) -> Tensor:
        """Wrap an operation's result: no checks, no copy, and always a plain `Tensor`."""
        t = Tensor.__new__(Tensor)
        t.data = np.asarray(array)
        t.grad = None
        t.requires_grad = False
        t.creator = None
        return t

    # -- what it is ---------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return self.data.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's dtype of the elements."""
        return self.data.dtype

    @property
    def is_leaf(self) -> bool:
        """Whether this tensor was made by the user and not by an operation."""
        return self.creator is None

    @property
    def grad_fn(self) -> Function | None:
        """torch's name of `creator`."""
        return self.creator

    def size(self, dim: int | None = None) -> tuple[int, ...] | int:
        """Return the shape, or the size of one axis (torch's meaning of `size`)."""
        return self.data.shape if dim is None else self.data.shape[dim]

    def dim(self) -> int:
        """Return the number of axes."""
        return self.data.ndim

    def numel(self) -> int:
        """Return the number of elements."""
        return self.data.size

    ndimension, nelement = dim, numel

    def __len__(self) -> int:
        if self.data.ndim == 0:
            raise TypeError("Tensor: a tensor of shape () has no length")
        return len(self.data)

    def __repr__(self) -> str:
        text = np.array2string(self.data, separator=", ", prefix="tensor(")
        dtype = (
            "" if self.data.dtype in (np.float32, np.int64, np.bool_) else f", dtype={self.dtype}"
        )
        grad = ""
        if self.creator is not None:
            grad = f", grad_fn=<{type(self.creator).__name__}>"
        elif self.requires_grad:
            grad = ", requires_grad=True"
        return f"tensor({text}{dtype}{grad})"

    # -- out of the graph ---------------------------------------------------------------------

    def numpy(self) -> np.ndarray:
        """Return the values as an ndarray that shares memory with this tensor.

        Raises:
            RuntimeError: If the tensor requires a gradient; use `.detach().numpy()`.
        """
        if self.requires_grad:
            raise RuntimeError(
                "Tensor.numpy: this tensor requires a gradient; use .detach().numpy()"
            )
        return self.data

    def detach(self) -> Tensor:
        """Return a tensor of the same values that the graph does not know."""
        return Tensor.of_array(self.data)

    def clone(self) -> Tensor:
        """Return a copy that gradients flow through."""
        return ops.clone(self)

    def item(self) -> Any:
        """Return the only element as a Python number.

        Raises:
            ValueError: If there is not exactly one element.
        """
        if self.data.size != 1:
            raise ValueError(f"Tensor.item: needs exactly one element, got shape {self.shape}")
        return self.data.item()

    def tolist(self) -> Any:
        """Return the values as nested lists of Python numbers."""
        return self.data.tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy:
            return np.array(self.data, dtype=dtype)
        array = np.asarray(self.data, dtype=dtype)
        if copy is False and array is not self.data:
            raise ValueError(
                f"Tensor.__array__: a conversion from {self.dtype} to {dtype} must copy"
            )
        return array

    def __dlpack__(self, **options: Any) -> Any:
        """Give the values to another library without a copy (DLPack); see `from_dlpack`."""
        if self.requires_grad:
            raise BufferError(
                "Tensor.__dlpack__: this tensor requires a gradient, which other libraries do not"
                " see; use .detach()"
            )
        return self.data.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.data.__dlpack_device__()

    def __bool__(self) -> bool:
        if self.data.size != 1:
            raise ValueError(
                f"Tensor: the truth value of a tensor of shape {self.shape} is ambiguous"
            )
        return bool(self.data.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and self.data.size == 1 else repr(self)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    # -- gradients ----------------------------------------------------------------------------

    def backward(self, grad: Any = None, retain_graph: bool = False) -> None:
        """Add dL/dt to `t.grad` for every leaf `t` that this tensor depends on.

        Args:
            grad: dL/d(self), an array of this tensor's shape; may be left out for a scalar L.
            retain_graph: Whether to keep what operations have stored, for another backward pass.
                Otherwise it is freed on the way.

        Raises:
            RuntimeError: If no gradient was asked for, `grad` is missing and this is no scalar, or
                an earlier backward pass has freed the graph.
            ValueError: If `grad` has another shape.
        """
        if not self.requires_grad:
            raise RuntimeError(
                "backward: this tensor does not depend on any tensor with requires_grad=True"
            )
        if grad is None:
            if self.data.size != 1:
                raise RuntimeError(
                    "backward: grad may be left out only for a scalar, got a tensor of shape"
                    f" {self.shape}"
                )
            grad = np.ones_like(self.data)
        grad = np.asarray(grad, dtype=self.data.dtype)
        if grad.shape != self.data.shape:
            raise ValueError(
                f"backward: grad must have this tensor's shape {self.shape}, got {grad.shape}"
            )
        autograd.backward(self, grad, retain_graph)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad` of a leaf and return it."""
        if self.creator is not None:
            raise RuntimeError("requires_grad_: only a leaf can change it; use .detach() first")
        if requires_grad and self.data.dtype.kind != "f":
            raise TypeError(
                f"requires_grad_: needs a floating-point tensor, got dtype {self.dtype}"
            )
        self.requires_grad = requires_grad
        return self


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Make a tensor of a copy of `data`.

    Example:
        >>> tensor([1, 2, 3], dtype="float64")
        tensor([1., 2., 3.], dtype=float64)
    """
    source = Tensor(data).data
    return Tensor(
        np.array(source, dtype=dtype if dtype is not None else source.dtype), requires_grad
    )


def as_tensor(value: Any) -> Tensor:
    """Return `value` itself if it is a tensor, else a tensor of it that shares its memory."""
    return value if isinstance(value, Tensor) else Tensor(value)


# The graph and the operations are made of tensors, so these modules need the class above. Importing
# them last is what lets methods call them without an import at each call.
from minicnn import autograd, ops  # noqa: E402
from minicnn.autograd import enable_grad as enable_grad  # noqa: E402
from minicnn.autograd import is_grad_enabled as is_grad_enabled  # noqa: E402
from minicnn.autograd import no_grad as no_grad  # noqa: E402
