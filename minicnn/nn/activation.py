"""Activation layers: each calls the function of its name in minicnn.nn.functional."""

from __future__ import annotations

from typing import Any

from minicnn.nn import functional as F
from minicnn.nn.module import Module


class _InPlaceOption(Module):
    """An activation that accepts torch's `inplace`; the input stays as it is all the same."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class ReLU(_InPlaceOption):
    """max(x, 0).

    Example:
        >>> ReLU()([-1.0, 0.0, 2.0])
        tensor([0., 0., 2.])
    """

    def forward(self, x: Any) -> Any:
        return F.relu(x)


class SELU(_InPlaceOption):
    """`ELU` with the alpha and scale that keep mean 0 and variance 1."""

    def forward(self, x: Any) -> Any:
        return F.selu(x)


class ReLU6(_InPlaceOption):
    """min(max(x, 0), 6)."""

    def forward(self, x: Any) -> Any:
        return F.relu6(x)


class Hardswish(_InPlaceOption):
    """x * relu6(x + 3) / 6."""

    def forward(self, x: Any) -> Any:
        return F.hardswish(x)


class SiLU(_InPlaceOption):
    """x * sigmoid(x)."""

    def forward(self, x: Any) -> Any:
        return F.silu(x)


class LeakyReLU(Module):
    """x where x is positive, else negative_slope * x.

    Example:
        >>> LeakyReLU(0.5)([-1.0, 2.0])
        tensor([-0.5,  2. ])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, x: Any) -> Any:
        return F.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class ELU(Module):
    """x where x is positive, else alpha * (exp(x) - 1)."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, x: Any) -> Any:
        return F.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class GELU(Module):
    """x times the normal distribution function of x; approximate="tanh" for the usual formula."""

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        return F.gelu(x, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class Sigmoid(Module):
    """1 / (1 + exp(-x)).

    Example:
        >>> Sigmoid()([0.0, 50.0])
        tensor([0.5, 1. ])
    """

    def forward(self, x: Any) -> Any:
        return F.sigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent.

    Example:
        >>> Tanh()([-50.0, 0.0, 50.0])
        tensor([-1.,  0.,  1.])
    """

    def forward(self, x: Any) -> Any:
        return F.tanh(x)


class GLU(Module):
    """a * sigmoid(b) for the halves a and b of x along the axis `dim`."""

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Any) -> Any:
        return F.glu(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Hardtanh(Module):
    """x, or the nearer of min_val and max_val where it lies outside."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        if not min_val < max_val:
            raise ValueError(
                f"Hardtanh: min_val must be below max_val, got {min_val} and {max_val}"
            )
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace

    def forward(self, x: Any) -> Any:
        return F.hardtanh(x, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        inplace = ", inplace=True" if self.inplace else ""
        return f"min_val={self.min_val}, max_val={self.max_val}{inplace}"


class Softplus(Module):
    """log(1 + exp(beta * x)) / beta; x itself where beta * x is above the threshold."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Any) -> Any:
        return F.softplus(x, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class _OverOneAxis(Module):
    """A function that normalizes along the axis `dim`."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_OverOneAxis):
    """exp(x) / sum(exp(x)) along the axis `dim`.

    Example:
        >>> Softmax(dim=1)([[0.0, 0.0, 0.0, 0.0]])
        tensor([[0.25, 0.25, 0.25, 0.25]])
    """

    def forward(self, x: Any) -> Any:
        return F.softmax(x, self.dim)


class LogSoftmax(_OverOneAxis):
    """log(softmax(x)) along the axis `dim`, computed without overflow."""

    def forward(self, x: Any) -> Any:
        return F.log_softmax(x, self.dim)
