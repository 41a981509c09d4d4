"""Kernels on arrays that lie against forbidden pages: a read or write outside ends this process.

Run by tests/test_guarded.py. Pooling has a script of its own, tests/guarded_pool.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import minicnn.nn.functional as F
from minicnn import Tensor, _core, optim
from minicnn.ops.add import add
from tests.guarded_pool import guarded
from tests.strategies import Conv2dCase

DTYPES = (np.float32, np.float64)
SIZES = (1, 2, 3, 5, 7, 9, 15, 17, 31, 33, 63, 65, 16385)
CONVOLUTIONS = [
    Conv2dCase(1, 1, 1, (1, 1), (1, 1)),
    Conv2dCase(1, 3, 5, (7, 9), (3, 3), padding=(1, 1)),
    Conv2dCase(2, 13, 19, (8, 7), (3, 3), padding=(1, 1)),
    Conv2dCase(2, 16, 32, (12, 12), (3, 3)),
    Conv2dCase(1, 3, 17, (11, 13), (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2)),
    Conv2dCase(2, 6, 4, (17, 18), (5, 5), stride=(2, 2), padding=(2, 2), groups=2),
    Conv2dCase(2, 4, 4, (9, 33), (3, 3), stride=(3, 3), padding=(1, 1), groups=4),
    Conv2dCase(3, 17, 9, (5, 5), (1, 1)),
]
Work = Callable[..., list[np.ndarray]]


def convolution(case: Conv2dCase, step: str) -> Work:
    def work(x: Any, weight: Any, bias: Any, grad_y: Any) -> list[np.ndarray]:
        inputs = [Tensor(a, requires_grad=True) for a in (x, weight, bias)]
        y = F.conv2d(*inputs, **case.options, algorithm=step)
        y.backward(grad_y)
        return [y.data, *(t.grad for t in inputs)]

    return work


def both_passes(op: Callable[..., Tensor]) -> Work:
    """Work on an operation's inputs and grad_y: y and the gradients."""

    def work(*arrays: Any) -> list[np.ndarray]:
        inputs = [Tensor(a, requires_grad=True) for a in arrays[:-1]]
        y = op(*inputs)
        y.backward(arrays[-1])
        return [y.data, *(t.grad for t in inputs)]

    return work


def optimizer_step(kind: Any, **settings: Any) -> Work:
    def work(p: Any, grad: Any) -> list[np.ndarray]:
        parameter = Tensor(p, requires_grad=True)
        optimizer = kind([parameter], **settings)
        for _ in range(2):
            parameter.grad = grad
            optimizer.step()
        return [parameter.data]

    return work


def batch_norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.batch_norm(x, None, None, weight, bias, training=True)


def cross_entropy(x: Any, labels: Any) -> list[np.ndarray]:
    scores = Tensor(x, requires_grad=True)
    loss = F.cross_entropy(scores, labels)
    loss.backward()
    return [loss.data, scores.grad]


def works(dtype: Any) -> Iterator[tuple[Work, list[np.ndarray]]]:
    """Yield what is to be done, and its arrays."""
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(dtype)

    for case in CONVOLUTIONS:
        arrays = [a.astype(dtype) for a in case.floats()]
        x, weight, *_ = case.shapes
        for step in _core.conv2d_algorithms_for(x, weight, **case.options, dtype=dtype.__name__):
            yield convolution(case, step), arrays
    for n in SIZES:
        yield both_passes(F.relu), [draw(n), draw(n)]
        yield both_passes(add), [draw(n), draw(n), draw(n)]
        yield optimizer_step(optim.SGD, lr=0.1, momentum=0.9), [draw(n), draw(n)]
        yield optimizer_step(optim.AdamW, amsgrad=True), [draw(n), draw(n)]
        yield cross_entropy, [draw(3, n), np.array([0, n - 1, n // 2])]
        yield both_passes(batch_norm), [draw(2, 3, n), draw(3), draw(3), draw(2, 3, n)]
    for M, N, K in [(1, 1, 1), (5, 7, 9), (8, 48, 16), (9, 49, 17), (33, 10, 65), (300, 5, 3)]:
        yield both_passes(F.linear), [draw(M, K), draw(N, K), draw(N), draw(M, N)]


def main() -> None:
    count = 0
    for target in _core.available_targets():
        _core.set_target(target)
        for dtype in DTYPES:
            for work, arrays in works(dtype):
                expected = work(*[a.copy() for a in arrays])
                for at_end in (True, False):
                    got = work(*[guarded(a, at_end) for a in arrays])
                    for a, b in zip(got, expected):
                        np.testing.assert_array_equal(a, b)
                count += 1
    print(f"{count} kernels stayed inside of their arrays")


if __name__ == "__main__":
    main()
