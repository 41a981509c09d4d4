"""Methods of `Tensor` for the same values in another dtype, on another device, or laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import minicnn  # not `from minicnn import ops`: the operations need the class that is made of this
from minicnn import _device as devices

if TYPE_CHECKING:
    import minicnn.ops
    from minicnn.tensor import Tensor


class TensorConversions:
    """Conversions, in PyTorch's argument order."""

    __slots__ = ()

    if TYPE_CHECKING:  # what Tensor has
        data: np.ndarray

    def to(self, *args: Any, dtype: Any = None, device: Any = None, **flags: Any) -> Tensor:
        """Return this tensor in another dtype: `to(dtype)`, `to(device, dtype)` or `to(other)`.

        There is one device, "cpu". `non_blocking` and `copy` are flags of torch's; of these, `copy`
        asks for memory of its own in any case.

        Raises:
            ValueError: If it is another device.
            TypeError: If `dtype` is not boolean, integer or floating point, or a flag is unknown.
        """
        copied = flags.pop("copy", False)
        flags.pop("non_blocking", None)
        if flags:
            raise TypeError(f"to: unknown arguments {sorted(flags)}")
        wanted = devices.wanted_dtype("to", args, dtype, device)
        y = minicnn.ops.to(self, self.data.dtype if wanted is None else wanted)
        return minicnn.ops.clone(y) if copied and y is self else y

    def type(self, dtype: Any) -> Tensor:
        """Return this tensor in another dtype."""
        return minicnn.ops.to(self, dtype)

    def type_as(self, other: Tensor) -> Tensor:
        """Return this tensor in the dtype of another one."""
        return minicnn.ops.to(self, other.data.dtype)

    def float(self) -> Tensor:
        """Return this tensor as float32."""
        return minicnn.ops.to(self, "float32")

    def double(self) -> Tensor:
        """Return this tensor as float64."""
        return minicnn.ops.to(self, "float64")

    def long(self) -> Tensor:
        """Return this tensor as int64."""
        return minicnn.ops.to(self, "int64")

    def int(self) -> Tensor:
        """Return this tensor as int32."""
        return minicnn.ops.to(self, "int32")

    def bool(self) -> Tensor:
        """Return where this tensor is not 0."""
        return minicnn.ops.to(self, "bool")

    # -- places -------------------------------------------------------------------------------

    @property
    def device(self) -> devices.device:
        """Where this tensor is: `device("cpu")`."""
        return devices.CPU

    @property
    def is_cuda(self) -> Any:
        """Whether it is on a device of CUDA: False."""
        return False

    def cpu(self) -> Tensor:
        """Return this tensor: there is one device."""
        return self  # type: ignore[return-value]  # a part of Tensor

    def cuda(self, device: Any = None) -> Tensor:
        """Raise ValueError: there is no such device."""
        raise ValueError(f"cuda: minicnn computes on the cpu alone, got {device or 'cuda'}")

    def contiguous(self) -> Tensor:
        """Return this tensor if its elements lie in C order in memory, else a copy that do."""
        if self.data.flags.c_contiguous:
            return self  # type: ignore[return-value]
        return minicnn.ops.clone(self)

    def is_contiguous(self) -> Any:
        """Whether the elements lie in C order in memory, one behind the other."""
        return self.data.flags.c_contiguous
