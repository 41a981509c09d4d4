"""Layers that set values to zero at random while training."""

from __future__ import annotations

from typing import Any

from minicnn.nn import functional as F
from minicnn.nn.module import Module


class _Dropout(Module):
    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: p must be in [0, 1], got {p}")
        self.p, self.inplace = p, inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Sets each value to zero with probability p and divides the rest by 1 - p; not in `eval`."""

    def forward(self, x: Any) -> Any:
        return F.dropout(x, self.p, self.training)


class Dropout1d(_Dropout):
    """Sets whole channels of (N, C, L) to zero with probability p; not in `eval`."""

    def forward(self, x: Any) -> Any:
        return F.dropout1d(x, self.p, self.training)


class Dropout2d(_Dropout):
    """Sets whole channels of (N, C, H, W) to zero with probability p; not in `eval`."""

    def forward(self, x: Any) -> Any:
        return F.dropout2d(x, self.p, self.training)
