"""Channels as finer pixels, and back. Tests in tests/ops/test_pixel_shuffle.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.autograd import Function
from minicnn.ops.conversion import clone
from minicnn.ops.rearrange import transpose
from minicnn.ops.shape import reshape
from minicnn.tensor import Tensor, as_tensor


def shuffled(x: np.ndarray, r: int) -> np.ndarray:
    """Return (..., C * r * r, H, W) as (..., C, H * r, W * r), in new memory."""
    *batch, C, H, W = x.shape
    x = x.reshape(*batch, C // (r * r), r, r, H, W)
    x = np.moveaxis(x, (-4, -3), (-3, -1)).copy()  # (..., C, H, r, W, r)
    return x.reshape(*batch, C // (r * r), H * r, W * r)


def unshuffled(x: np.ndarray, r: int) -> np.ndarray:
    """Return (..., C, H * r, W * r) as (..., C * r * r, H, W), in new memory."""
    *batch, C, H, W = x.shape
    x = x.reshape(*batch, C, H // r, r, W // r, r)
    x = np.moveaxis(x, (-3, -1), (-4, -3)).copy()  # (..., C, r, r, H, W)
    return x.reshape(*batch, C * r * r, H // r, W // r)


class PixelShuffle(Function):
    def __init__(self, factor: int) -> None:
        self.factor = factor

    def forward(self, x: np.ndarray) -> np.ndarray:
        return shuffled(x, self.factor)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (unshuffled(grad_y, self.factor),)


class PixelUnshuffle(Function):
    def __init__(self, factor: int) -> None:
        self.factor = factor

    def forward(self, x: np.ndarray) -> np.ndarray:
        return unshuffled(x, self.factor)

    def backward(self, grad_y: np.ndarray) -> tuple[np.ndarray, ...]:
        return (shuffled(grad_y, self.factor),)


def channel_shuffle(x: Any, groups: int) -> Tensor:
    """Let the channels of the groups take turns: of 2 groups, 0 1 2 3 4 5 become 0 3 1 4 2 5.

    Args:
        x: Shape (N, C, ...).
        groups: How many blocks the channels form; they divide C.

    Raises:
        ValueError: If they do not, or x has no channels.

    Example:
        >>> channel_shuffle([[[0.0], [1.0], [2.0], [3.0]]], 2).data.ravel().tolist()
        [0.0, 2.0, 1.0, 3.0]

    Source: Zhang et al., "ShuffleNet", arXiv:1707.01083, section 3.1.
    """
    x, op = as_tensor(x), "channel_shuffle"
    groups = integer(op, "groups", groups)
    if x.ndim < 2:
        raise ValueError(f"{op}: x must have shape (N, C, ...), got {x.shape}")
    N, C, *rest = x.shape
    if groups < 1 or C % groups:
        raise ValueError(f"{op}: groups={groups} must divide the {C} channels of x {x.shape}")
    if groups in (1, C):
        return clone(x)  # below, the result would be a view of x
    apart = reshape(x, (N, groups, C // groups, *rest))
    return reshape(transpose(apart, 1, 2), x.shape)


def check(op: str, name: str, x: Tensor, value: Any) -> int:
    """Return the factor; raise unless it is at least 1 and x has shape (..., C, H, W)."""
    factor = integer(op, name, value)
    if factor < 1:
        raise ValueError(f"{op}: {name} must be at least 1, got {factor}")
    if x.ndim < 3 or 0 in x.shape[-3:]:
        raise ValueError(f"{op}: x must have shape (..., C, H, W), none of them 0; got {x.shape}")
    return factor


def pixel_shuffle(x: Any, upscale_factor: int) -> Tensor:
    """Make of each r * r channels one channel of images r times as high and wide.

    Args:
        x: Images, shape (..., C * r * r, H, W).
        upscale_factor: r.

    Returns:
        Shape (..., C, H * r, W * r); pixel (h * r + i, w * r + j) of channel c is pixel (h, w) of
        channel c * r * r + i * r + j.

    Raises:
        ValueError: If the channels are not a multiple of r * r.
        TypeError: If r is not an int.

    Example:
        >>> pixel_shuffle(np.arange(4.0).reshape(4, 1, 1), 2).tolist()
        [[[0.0, 1.0], [2.0, 3.0]]]

    Source: Shi et al., arXiv:1609.05158, section 3.2.
    """
    x = as_tensor(x)
    r = check("pixel_shuffle", "upscale_factor", x, upscale_factor)
    if x.shape[-3] % (r * r):
        raise ValueError(
            f"pixel_shuffle: the channels of x with shape {x.shape} must be a multiple of"
            f" {r} * {r} = {r * r}, got {x.shape[-3]}"
        )
    return PixelShuffle(r)(x)


def pixel_unshuffle(x: Any, downscale_factor: int) -> Tensor:
    """Make of each channel r * r channels of images a factor r smaller: undo `pixel_shuffle`.

    Args:
        x: Images, shape (..., C, H * r, W * r).
        downscale_factor: r.

    Returns:
        Shape (..., C * r * r, H, W).

    Raises:
        ValueError: If height or width are not multiples of r.
        TypeError: If r is not an int.

    Example:
        >>> pixel_unshuffle(np.arange(4.0).reshape(1, 2, 2), 2).shape
        (4, 1, 1)

    Source: as of `pixel_shuffle`.
    """
    x = as_tensor(x)
    r = check("pixel_unshuffle", "downscale_factor", x, downscale_factor)
    if x.shape[-2] % r or x.shape[-1] % r:
        raise ValueError(
            f"pixel_unshuffle: height and width of x with shape {x.shape} must be multiples of {r}"
        )
    return PixelUnshuffle(r)(x)
