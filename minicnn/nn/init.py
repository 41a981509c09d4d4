"""Initial values: functions that fill a tensor in place and return it, under torch's names.

`fan_in` is how many inputs one output is summed from, `fan_out` how many outputs one input reaches:
for a weight of shape (C_out, C_in // groups, K_h, K_w), fan_in = C_in // groups * K_h * K_w and
fan_out = C_out * K_h * K_w; for one of shape (out_features, in_features), these two.

Sources: Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural
networks", AISTATS 2010, section 4.2.1; He et al., "Delving deep into rectifiers", arXiv:1502.01852,
section 2.2; Saxe et al., arXiv:1312.6120.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from minicnn import random
from minicnn.tensor import Tensor, as_tensor

T = TypeVar("T", Tensor, np.ndarray)  # `init.normal_(layer.weight.data)` fills the weight, too
Generator = np.random.Generator | None


class _Mode(threading.local):
    drawing = True  # each thread begins with this value


_mode = _Mode()


@contextmanager
def undrawn() -> Iterator[None]:
    """Inside this block no initial values are drawn: for weights that are overwritten at once.

    What would have been drawn is left as it was, and for a new layer that is anything.
    """
    before, _mode.drawing = _mode.drawing, False
    try:
        yield
    finally:
        _mode.drawing = before


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor for weights before this function that lets signals keep their size.

    Args:
        nonlinearity: "linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu" or "selu".
        param: The negative slope of "leaky_relu"; 0.01 if left out.
    """
    if nonlinearity in ("linear", "conv1d", "conv2d", "conv3d", "sigmoid"):
        return 1.0
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise ValueError(f"calculate_gain: unknown nonlinearity {nonlinearity!r}")


def fans(tensor: Tensor | np.ndarray) -> tuple[int, int]:
    """Return (fan_in, fan_out) of a weight.

    Raises:
        ValueError: If it has fewer than two axes.
    """
    if tensor.ndim < 2:
        raise ValueError(f"init: fans need a tensor of at least two axes, got shape {tensor.shape}")
    taps = math.prod(tensor.shape[2:])
    return tensor.shape[1] * taps, tensor.shape[0] * taps


def _values(tensor: Tensor | np.ndarray) -> np.ndarray:
    return as_tensor(tensor).data


def _fan(name: str, tensor: Tensor | np.ndarray, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: mode must be 'fan_in' or 'fan_out', got {mode!r}")
    return fans(tensor)[mode == "fan_out"]


def _rng(generator: Generator) -> np.random.Generator:
    return random.default_generator if generator is None else generator


def _fill(tensor: T, draw: Callable[..., Any], scale: float, shift: float) -> T:
    """Fill with scale * drawn + shift, drawn in the tensor's own precision and memory."""
    data = _values(tensor)
    if _mode.drawing:
        in_place = data.flags.carray and data.dtype in (np.float32, np.float64)
        drawn = data if in_place else np.empty(data.shape, np.float64)
        draw(out=drawn, dtype=drawn.dtype.type)
        drawn *= scale
        drawn += shift
        if not in_place:
            data[...] = drawn
    return tensor


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, generator: Generator = None) -> T:
    """Fill with numbers drawn evenly from [a, b]."""
    return _fill(tensor, _rng(generator).random, b - a, a)


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, generator: Generator = None) -> T:
    """Fill with numbers from the normal distribution of this mean and standard deviation."""
    return _fill(tensor, _rng(generator).standard_normal, std, mean)


def trunc_normal_(
    tensor: T,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator = None,
) -> T:
    """Fill with numbers from the normal distribution, cut to values in [a, b].

    Raises:
        ValueError: Unless a < b and std > 0.
    """
    if not (a < b and std > 0):
        raise ValueError(f"trunc_normal_: needs a < b and std > 0, got a={a}, b={b}, std={std}")
    if not _mode.drawing:
        return tensor
    rng = _rng(generator)
    low, high = (a - mean) / std, (b - mean) / std
    drawn: np.ndarray = np.empty(0)
    while drawn.size < math.prod(tensor.shape):
        more = 2 * (math.prod(tensor.shape) - drawn.size) + 16
        drawn = np.concatenate([drawn, _truncated(rng, low, high, more)])
    drawn = drawn[: math.prod(tensor.shape)].reshape(tensor.shape)
    _values(tensor)[...] = np.clip(mean + std * drawn, a, b)  # rounding must not leave [a, b]
    return tensor


def _truncated(rng: np.random.Generator, low: float, high: float, n: int) -> np.ndarray:
    """Return those of `n` candidates that follow the normal distribution cut to [low, high]."""
    if low < -1 and high > 1:  # two in three normal numbers or more lie inside
        x = rng.standard_normal(n)
        return x[(low <= x) & (x <= high)]
    peak = min(max(low, 0.0), high)  # where the density in [low, high] is largest
    reach = math.sqrt(peak**2 + 74)  # beyond it the density is below exp(-37) = 1e-16 of the peak's
    x = rng.uniform(max(low, -reach), min(high, reach), n)
    # Rejection: a point drawn evenly is kept with probability density / density at the peak.
    return x[rng.random(n) < np.exp((peak**2 - x**2) / 2)]


def constant_(tensor: T, val: float) -> T:
    """Fill with one number."""
    _values(tensor)[...] = val
    return tensor


def ones_(tensor: T) -> T:
    """Fill with ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: T) -> T:
    """Fill with zeros."""
    return constant_(tensor, 0.0)


def eye_(tensor: T) -> T:
    """Fill a matrix with ones on the diagonal and zeros elsewhere."""
    if tensor.ndim != 2:
        raise ValueError(f"eye_: needs a tensor of two axes, got shape {tensor.shape}")
    _values(tensor)[...] = np.eye(tensor.shape[0], tensor.shape[1])
    return tensor


def xavier_uniform_(tensor: T, gain: float = 1.0, generator: Generator = None) -> T:
    """Fill evenly from [-b, b], b = gain * sqrt(6 / (fan_in + fan_out))."""
    bound = gain * math.sqrt(6.0 / max(1, sum(fans(tensor))))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: T, gain: float = 1.0, generator: Generator = None) -> T:
    """Fill from the normal distribution with std = gain * sqrt(2 / (fan_in + fan_out))."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / max(1, sum(fans(tensor)))), generator)


def kaiming_uniform_(
    tensor: T,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator = None,
) -> T:
    """Fill evenly from [-b, b], b = gain * sqrt(3 / fan).

    Args:
        tensor: The weight.
        a: Negative slope of the leaky ReLU that follows.
        mode: "fan_in" keeps the size of signals, "fan_out" that of gradients.
        nonlinearity: What follows; see `calculate_gain`.
        generator: Where the numbers come from.
    """
    fan = _fan("kaiming_uniform_", tensor, mode)
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3.0 / max(1, fan))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: T,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator = None,
) -> T:
    """Fill from the normal distribution with std = gain / sqrt(fan); see `kaiming_uniform_`."""
    fan = _fan("kaiming_normal_", tensor, mode)
    std = calculate_gain(nonlinearity, a) / math.sqrt(max(1, fan))
    return normal_(tensor, 0.0, std, generator)


def orthogonal_(tensor: T, gain: float = 1.0, generator: Generator = None) -> T:
    """Fill with gain times a matrix of orthonormal rows, or columns if those are fewer.

    Axes after the first count as one: a kernel is a (C_out, C_in * K_h * K_w) matrix.
    """
    fan_in, _ = fans(tensor)
    rows, columns = tensor.shape[0], fan_in
    if math.prod(tensor.shape) == 0 or not _mode.drawing:
        return tensor
    gaussian = _rng(generator).normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(gaussian)
    q *= np.sign(np.diag(r))  # makes the factor unique, and so Q evenly distributed
    _values(tensor)[...] = gain * (q if rows >= columns else q.T).reshape(tensor.shape)
    return tensor


def dirac_(tensor: T, groups: int = 1) -> T:
    """Fill kernels so that a convolution passes as many channels on unchanged as it can.

    Args:
        tensor: Kernels of a convolution along one or two axes, three or four axes.
        groups: Blocks of output channels that each begin with channel 0 again.

    Raises:
        ValueError: If the tensor has other axes, or `groups` does not divide the first.
    """
    shape: tuple[int, ...] = tensor.shape
    if len(shape) not in (3, 4):
        raise ValueError(f"dirac_: needs a tensor of three or four axes, got shape {shape}")
    if groups < 1 or shape[0] % groups:
        raise ValueError(f"dirac_: groups={groups} must divide the first axis, {shape[0]}")
    per_group = shape[0] // groups
    _values(tensor)[...] = 0
    for i in range(min(per_group, shape[1])):
        for group in range(groups):
            place = (group * per_group + i, i, *[k // 2 for k in shape[2:]])
            _values(tensor)[place] = 1
    return tensor


def sparse_(tensor: T, sparsity: float, std: float = 0.01, generator: Generator = None) -> T:
    """Fill a matrix with normal numbers, and a share of each column, at random places, with zeros.

    Raises:
        ValueError: If the tensor has no two axes, or `sparsity` is not in [0, 1].

    Source: Martens, "Deep learning via Hessian-free optimization", ICML 2010, section 5.
    """
    if tensor.ndim != 2:
        raise ValueError(f"sparse_: needs a tensor of two axes, got shape {tensor.shape}")
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_: sparsity must be in [0, 1], got {sparsity}")
    normal_(tensor, 0, std, generator)
    zeros = math.ceil(sparsity * tensor.shape[0])
    for column in range(tensor.shape[1]):
        _values(tensor)[_rng(generator).permutation(tensor.shape[0])[:zeros], column] = 0
    return tensor
