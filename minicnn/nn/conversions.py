"""A module's parameters and buffers in another dtype, or on the one device there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from minicnn._device import device as place
from minicnn._device import wanted_dtype
from minicnn.nn import state

if TYPE_CHECKING:
    from minicnn.nn.module import Module

Self = TypeVar("Self", bound="Convertible")


class Convertible:
    """What `Module` can be asked to become, in torch's words; each changes it and returns it."""

    def to(
        self: Self, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False
    ) -> Self:
        """Convert floating-point parameters, gradients and buffers: `to(dtype)`, `to(device)`.

        Args:
            args: A dtype (float32 or float64), a device ("cpu"), both, or a tensor that has them.
            dtype, device: The same by name.
            non_blocking: Taken for torch's sake.

        Raises:
            ValueError: If it is another device.
            TypeError: If it is another dtype.
        """
        wanted = wanted_dtype("Module.to", args, dtype, device)
        if wanted is not None:
            state.convert(cast("Module", self), np.dtype(wanted))
        return self

    def type(self: Self, dst_type: Any) -> Self:
        """Convert to this dtype."""
        return self.to(dtype=dst_type)

    def float(self: Self) -> Self:
        """Convert to float32."""
        return self.to(np.float32)

    def double(self: Self) -> Self:
        """Convert to float64."""
        return self.to(np.float64)

    def cpu(self: Self) -> Self:
        """Return this module: there is one device."""
        return self

    def cuda(self: Self, device: Any = None) -> Self:
        """Raise ValueError: there is no such device."""
        place("cuda" if device is None else str(device))
        return self
