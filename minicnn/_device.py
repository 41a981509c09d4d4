"""Where tensors are: on the cpu. What torch's scripts ask before they use another device.

>>> import minicnn as torch
>>> device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
>>> torch.zeros(2).to(device)
tensor([0., 0.])
"""

from __future__ import annotations

from typing import Any


class device:  # noqa: N801  # torch's name
    """A place for tensors; there is one, "cpu".

    Args:
        type: "cpu" or "cpu:0", or a device.

    Attributes:
        type: "cpu".
        index: 0 for "cpu:0", else None.

    Raises:
        ValueError: If it is another place, such as "cuda".
        TypeError: If it is neither text nor a device.

    Example:
        >>> device("cpu")
        device(type='cpu')
    """

    def __init__(self, type: str | device = "cpu", index: int | None = None) -> None:
        text = str(type) if isinstance(type, device) else type
        if not isinstance(text, str):
            raise TypeError(f"device: must be a device or its name, got {text!r}")
        name, _, number = text.partition(":")
        if name != "cpu" or number not in ("", "0") or index not in (None, 0):
            raise ValueError(f"device: minicnn computes on the cpu alone, got {text!r}")
        self.type = "cpu"
        self.index: int | None = 0 if number or index is not None else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        number = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{number})"


CPU = device("cpu")
PLACES = ("cpu", "cuda", "mps", "xpu", "meta")  # what a text in `.to` is taken for


def wanted_dtype(op: str, args: tuple[Any, ...], dtype: Any, place: Any) -> Any:
    """Return the dtype that the arguments of torch's `.to` ask for, or None.

    Args:
        op: Whose arguments they are.
        args: A device, a dtype, or another tensor; both of the first, and then flags.
        dtype, place: The arguments of these names (the second is torch's `device`).

    Raises:
        ValueError: If it is a device that there is not.
        TypeError: If there are no such arguments.
    """
    from minicnn.tensor import Tensor

    for value in args:
        if isinstance(value, bool):  # non_blocking and copy
            continue
        if isinstance(value, Tensor):
            dtype = value.dtype
        elif isinstance(value, device) or (
            isinstance(value, str) and value.partition(":")[0] in PLACES
        ):
            place = value
        elif value is not None:
            if dtype is not None:
                raise TypeError(f"{op}: one dtype was expected, got {dtype!r} and {value!r}")
            dtype = value
    if place is not None:
        device(place)
    return dtype


class Absent:
    """A kind of device that minicnn does not have, as scripts ask for it: `minicnn.cuda`."""

    def is_available(self) -> bool:
        """Whether there is such a device: no."""
        return False

    def device_count(self) -> int:
        """How many there are: 0."""
        return 0

    def manual_seed(self, seed: int) -> None:
        """Do nothing, as torch's does without such a device; `minicnn.manual_seed` seeds."""

    def manual_seed_all(self, seed: int) -> None:
        """Do nothing, as torch's does without such a device."""

    def empty_cache(self) -> None:
        """Do nothing: it has no memory."""


class Cudnn(Absent):
    """Settings of a library that is not there; minicnn's results are always the same bits."""

    enabled = benchmark = False
    deterministic = True


class Backends:
    """What `torch.backends` is asked for."""

    def __init__(self) -> None:
        self.cudnn, self.mps, self.cuda = Cudnn(), Absent(), Absent()


cuda, mps, xpu, accelerator, backends = Absent(), Absent(), Absent(), Absent(), Backends()
