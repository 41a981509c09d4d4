"""Layers that normalize each sample by itself; the arithmetic is minicnn.ops."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.nn import functional as F
from minicnn.nn.linear import size
from minicnn.nn.module import Module
from minicnn.nn.parameter import Parameter
from minicnn.tensor import Tensor, as_tensor


class _Affine(Module):
    """A layer with, if wanted, a scale `weight`, at first 1, and a shift `bias`, at first 0."""

    weight: Parameter | None
    bias: Parameter | None

    def make_affine(self, shape: tuple[int, ...], weight: bool, bias: bool, dtype: Any) -> None:
        self.register_parameter("weight", Parameter(np.ones(shape, dtype)) if weight else None)
        self.register_parameter("bias", Parameter(np.zeros(shape, dtype)) if bias else None)

    def reset_parameters(self) -> None:
        """Set weight to 1 and bias to 0."""
        if self.weight is not None:
            self.weight.data[...] = 1
        if self.bias is not None:
            self.bias.data[...] = 0


class LayerNorm(_Affine):
    """Gives each sample mean 0 and variance 1 over its last axes, then a scale and a shift.

    Args:
        normalized_shape: Sizes of the axes that share a mean; an int means the last alone.
        eps: Added to the variance, so that nothing is divided by 0.
        elementwise_affine: Whether there are `weight` and `bias`, shape normalized_shape.
        bias: Whether there is a `bias`, if elementwise_affine.
        dtype: float32 or float64.

    Example:
        >>> LayerNorm(2)(np.array([[1.0, 3.0]], np.float32)).data.round(3).tolist()
        [[-1.0, 1.0]]
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__()
        if not isinstance(normalized_shape, (tuple, list)):
            normalized_shape = (normalized_shape,)
        self.normalized_shape = tuple(
            [size("LayerNorm", "normalized_shape", n) for n in normalized_shape]
        )
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self.make_affine(
            self.normalized_shape, elementwise_affine, elementwise_affine and bias, dtype
        )

    def forward(self, x: Any) -> Any:
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(_Affine):
    """Gives each group of channels of each sample mean 0 and variance 1, then scale and shift.

    Args:
        num_groups: How many groups the channels are cut into.
        num_channels: C, for inputs of shape (N, C, ...); a multiple of num_groups.
        eps: Added to the variance, so that nothing is divided by 0.
        affine: Whether there are `weight` and `bias`, shape (C,).
        dtype: float32 or float64.

    Example:
        >>> GroupNorm(2, 6)(np.ones((4, 6, 5, 5), np.float32)).shape
        (4, 6, 5, 5)
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__()
        self.num_groups = G = size("GroupNorm", "num_groups", num_groups)
        self.num_channels = C = size("GroupNorm", "num_channels", num_channels)
        if C % G:
            raise ValueError(f"GroupNorm: num_groups={G} must divide num_channels={C}")
        self.eps, self.affine = eps, affine
        self.make_affine((C,), affine, affine, dtype)

    def forward(self, x: Any) -> Any:
        return F.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class _InstanceNorm(_Affine):
    """Gives each channel of each sample mean 0 and variance 1, then a scale and a shift.

    Args:
        num_features: C, for inputs of shape (N, C, H, W) or (N, C, L), or without N.
        eps: Added to the variance, so that nothing is divided by 0.
        momentum: Share of a batch in the new running values.
        affine: Whether there are `weight` and `bias`, shape (C,).
        track_running_stats: Whether `eval` uses a running mean and variance.
        dtype: float32 or float64.

    Raises:
        ValueError: If x has other axes or channels, or samples of one pixel.
    """

    axes: str

    running_mean: Tensor | None
    running_var: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__()
        self.num_features = C = size(type(self).__name__, "num_features", num_features)
        self.eps, self.momentum, self.affine = eps, momentum, affine
        self.track_running_stats = track = track_running_stats
        self.make_affine((C,), affine, affine, dtype)
        self.register_buffer("running_mean", Tensor(np.zeros(C, dtype)) if track else None)
        self.register_buffer("running_var", Tensor(np.ones(C, dtype)) if track else None)

    def forward(self, x: Any) -> Any:
        x, C = as_tensor(x), self.num_features
        n = 1 + len(self.axes.split(", "))  # axes of a sample
        if x.ndim not in (n, n + 1) or x.shape[-n] != C:
            raise ValueError(
                f"{type(self).__name__}: x must have shape (N, {C}, {self.axes}) or"
                f" ({C}, {self.axes}), got {x.shape}"
            )
        y = F.instance_norm(
            x.unsqueeze(0) if x.ndim == n else x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum,
            self.eps,
        )
        return y.squeeze(0) if x.ndim == n else y

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine},"
            f" track_running_stats={self.track_running_stats}"
        )


class InstanceNorm1d(_InstanceNorm):
    __doc__ = _InstanceNorm.__doc__
    axes = "L"


class InstanceNorm2d(_InstanceNorm):
    __doc__ = _InstanceNorm.__doc__
    axes = "H, W"


class LocalResponseNorm(Module):
    """Divides each value by a power of the mean square of the channels around it.

    Args:
        size: Channels that count as neighbours, the own included.
        alpha: Weight of their mean square.
        beta: The power.
        k: Added to it.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = integer("LocalResponseNorm", "size", size)
        self.alpha, self.beta, self.k = alpha, beta, k

    def forward(self, x: Any) -> Any:
        return F.local_response_norm(x, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
