"""The operations of a training step that mostly move memory, each checked against NumPy first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import harness
import numpy as np

from minicnn import _core

IMAGES = [(128, 16, 32, 32), (128, 64, 8, 8), (64, 64, 32, 32), (64, 512, 2, 2)]
PARAMETERS = 1_000_000
EPS = 1e-5


class Operation(NamedTuple):
    name: str
    gflop: float
    megabytes: float  # read and written at least
    run: Callable[[], Any]


def operations() -> Iterator[Operation]:
    """Yield batch norm, ReLU, the residual sum and dropout on each image size, loss and update."""
    for shape in IMAGES:
        rng = np.random.default_rng(0)
        x, other = (rng.standard_normal(shape, np.float32) for _ in range(2))
        yield from batch_norm(x, other)
        yield from elementwise(x, other)
    yield from cross_entropy(128, 10)
    yield sgd()


def cost(array: np.ndarray, flops: int, passes: float) -> tuple[float, float]:
    """GFLOP of `flops` per element and MB of reading or writing it `passes` times."""
    return 1e-9 * flops * array.size, 1e-6 * passes * array.nbytes


def batch_norm(x: np.ndarray, grad_y: np.ndarray) -> Iterator[Operation]:
    """With the ReLU after it. Both read x once: the later passes of a channel find it in cache."""
    ones, zeros = np.ones(x.shape[1], np.float32), np.zeros(x.shape[1], np.float32)

    def forward() -> Any:
        return _core.batch_norm_forward(x, ones, zeros, eps=EPS, relu=True)

    y, mean, var = forward()

    def backward() -> Any:
        return _core.batch_norm_backward(
            grad_y,
            x,
            None,
            ones,
            mean,
            var,
            eps=EPS,
            constant=False,
            needs_residual=False,
            relu_bias=zeros,
        )

    wide, g = x.astype(np.float64), np.where(y > 0, grad_y, 0).astype(np.float64)
    axes, size = (0, 2, 3), (1, -1, 1, 1)
    deviation = np.sqrt(wide.var(axis=axes) + EPS).reshape(size)
    normal = (wide - wide.mean(axis=axes, keepdims=True)) / deviation
    share = g.mean(axis=axes, keepdims=True) + normal * (g * normal).mean(axis=axes, keepdims=True)
    cond = 1 + np.abs(normal)
    harness.check("batch_norm forward", y, np.maximum(normal, 0), cond)
    harness.check("batch_norm backward", backward()[0], (g - share) / deviation, 8 * cond)
    yield Operation(f"batch_norm+relu forward {label(x)}", *cost(x, 8, 2), forward)
    yield Operation(f"batch_norm+relu backward {label(x)}", *cost(x, 10, 3), backward)


def elementwise(x: np.ndarray, other: np.ndarray) -> Iterator[Operation]:
    y, keep = _core.dropout_forward(x, 1, 0.5, 2.0)
    harness.check("relu", _core.relu_forward(x), np.maximum(x, 0), np.abs(x))
    harness.check("relu", _core.relu_backward(other, x), np.where(x > 0, other, 0), np.abs(other))
    harness.check("add", _core.add_forward(x, other), x + other.astype(float), np.abs(x) + 1)
    harness.check("dropout", y, 2.0 * x * (y != 0), np.abs(x))
    size = label(x)
    yield Operation(f"relu forward {size}", *cost(x, 1, 2), lambda: _core.relu_forward(x))
    yield Operation(f"relu backward {size}", *cost(x, 1, 3), lambda: _core.relu_backward(other, x))
    yield Operation(f"add {size}", *cost(x, 1, 3), lambda: _core.add_forward(x, other))
    # the mask is a byte for each value
    yield Operation(
        f"dropout forward {size}",
        *cost(x, 1, 2.25),
        lambda: _core.dropout_forward(x, 1, 0.5, 2.0),
    )
    yield Operation(
        f"dropout backward {size}",
        *cost(x, 1, 2.25),
        lambda: _core.dropout_backward(other, keep, 2.0),
    )


def cross_entropy(N: int, classes: int) -> Iterator[Operation]:
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((N, classes), np.float32), rng.integers(0, classes, N)
    total, _, p = _core.cross_entropy_forward(x, labels, -100)  # type: ignore[misc]
    wide = x.astype(np.float64)
    expected = np.log(np.exp(wide).sum(axis=1)) - wide[np.arange(N), labels]
    harness.check("cross_entropy", np.array(total), expected.sum(), np.abs(expected).sum())
    name = f"cross_entropy {{}} {N}x{classes}"
    yield Operation(
        name.format("forward"),
        *cost(x, 5, 2),
        lambda: _core.cross_entropy_forward(x, labels, -100),
    )
    yield Operation(
        name.format("backward"),
        *cost(x, 2, 2),
        lambda: _core.cross_entropy_backward(p, labels, -100, 1 / N),
    )


def sgd() -> Operation:
    """With momentum: reads parameter, gradient and velocity, writes two of them."""
    p, grad, velocity = (np.ones(PARAMETERS, np.float32) for _ in range(3))
    settings = dict(dampening=0.0, weight_decay=0.0, nesterov=False, maximize=False)

    def run() -> None:
        _core.sgd_step([p], [grad], [velocity], [False], lr=1e-3, momentum=0.9, **settings)

    run()
    harness.check("sgd", velocity, np.full(PARAMETERS, 1.9), np.full(PARAMETERS, 1.9))
    harness.check("sgd", p, np.full(PARAMETERS, 1 - 1.9e-3), np.ones(PARAMETERS))
    return Operation(f"sgd step {PARAMETERS}", *cost(p, 4, 5), run)


def label(x: np.ndarray) -> str:
    return "x".join(map(str, x.shape))
