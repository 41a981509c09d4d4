"""The batch normalization layers; the arithmetic is minicnn.ops.batch_norm."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.nn import functional as F
from minicnn.nn.linear import size
from minicnn.nn.module import Module
from minicnn.nn.parameter import Parameter
from minicnn.tensor import Tensor


class _BatchNorm(Module):
    axes: tuple[int, ...]  # how many x may have
    layout: str  # the same in words
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.num_features = C = size(name, "num_features", num_features)
        if not eps > 0:
            raise ValueError(f"{name}: eps must be positive, got {eps}")
        if momentum is not None and not 0 <= momentum <= 1:
            raise ValueError(f"{name}: momentum must be None or in [0, 1], got {momentum}")
        self.eps, self.momentum = eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.register_parameter("weight", Parameter(np.ones(C, dtype)) if affine else None)
        self.register_parameter("bias", Parameter(np.zeros(C, dtype)) if affine else None)
        buffers: dict[str, Any] = dict.fromkeys(
            ("running_mean", "running_var", "num_batches_tracked")
        )
        if track_running_stats:
            buffers = dict(
                running_mean=Tensor(np.zeros(C, dtype)),
                running_var=Tensor(np.ones(C, dtype)),
                num_batches_tracked=Tensor(np.zeros((), np.int64)),
            )
        for key, value in buffers.items():
            self.register_buffer(key, value)

    def reset_running_stats(self) -> None:
        """Set the running mean to 0, the running variance to 1, and forget the batches."""
        if self.running_mean is not None and self.running_var is not None:
            self.running_mean.data[...] = 0
            self.running_var.data[...] = 1
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.data[...] = 0

    def reset_parameters(self) -> None:
        """Set weight to 1, bias to 0, and the running values to what they began with."""
        self.reset_running_stats()
        if self.weight is not None and self.bias is not None:
            self.weight.data[...] = 1
            self.bias.data[...] = 0

    def forward(self, x: Any, *, residual: Any = None, relu: bool = False) -> Any:
        """Return x normalized, plus `residual`, with negative values replaced by 0 if `relu`."""
        name = type(self).__name__
        shape = np.shape(x)
        if len(shape) not in self.axes:
            raise ValueError(f"{name}: x must have shape {self.layout}, got shape {shape}")
        if shape[1] != self.num_features:
            raise ValueError(
                f"{name}: x has shape {shape}, so {shape[1]} channels, but this layer was made"
                f" with num_features={self.num_features}"
            )
        share = self.momentum
        if self.training and self.num_batches_tracked is not None and share is None:
            share = 1 / (int(self.num_batches_tracked.data) + 1)  # the mean over all batches
        y = F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            0.0 if share is None else share,
            self.eps,
            residual=residual,
            relu=relu,
        )
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.data += 1
        return y

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine},"
            f" track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """Gives each of C features mean 0 and variance 1 over the batch, then a scale and a shift.

    Args:
        num_features: C, for inputs of shape (N, C) or (N, C, L).
        eps: Added to the variance, so that nothing is divided by 0.
        momentum: Share of a batch in the new running values; None averages over all batches.
        affine: Whether there are a scale `weight` and a shift `bias` to be learned, shape (C,).
        track_running_stats: Whether to keep a running mean and variance for `eval`; without, each
            batch's own are used there, too.
        dtype: float32 or float64.

    Attributes:
        weight, bias: Shape (C,), at first 1 and 0; None if not affine.
        running_mean, running_var: Shape (C,), at first 0 and 1; num_batches_tracked: Shape ().

    Raises:
        ValueError: If x has other axes or channels, or in training only one value per channel.

    Example:
        >>> BatchNorm1d(2)(np.array([[1.0, 9.0], [3.0, 5.0]], np.float32)).data.round(2).tolist()
        [[-1.0, 1.0], [1.0, -1.0]]
    """

    fuses_relu = "after"  # see Sequential
    axes, layout = (2, 3), "(N, C) or (N, C, L)"


class BatchNorm2d(_BatchNorm):
    """Gives each of C channels mean 0 and variance 1 over batch and pixels, then scale and shift.

    Args:
        num_features: C, for inputs of shape (N, C, H, W).
        eps, momentum, affine, track_running_stats, dtype: As of `BatchNorm1d`.

    Attributes:
        weight, bias, running_mean, running_var, num_batches_tracked: As of `BatchNorm1d`.

    Raises:
        ValueError: If x has other axes or channels, or in training only one value per channel.

    Example:
        >>> BatchNorm2d(3)(np.ones((2, 3, 4, 4), np.float32)).shape
        (2, 3, 4, 4)
    """

    fuses_relu = "after"
    axes, layout = (4,), "(N, C, H, W)"
