"""Large arrays are added by a kernel; small ones and broadcasts are tested in test_arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minicnn
from minicnn import Tensor, ops
from minicnn._arrays import WORTH_A_KERNEL

SIZES = [WORTH_A_KERNEL - 1, WORTH_A_KERNEL, WORTH_A_KERNEL + 1, 3 * WORTH_A_KERNEL + 7]


def operands(size: int, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(size)
    a, b = rng.standard_normal((2, size)).astype(dtype)
    a[:3], b[:3] = (np.nan, np.inf, -np.inf), (1, -np.inf, -np.inf)
    return a, b


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("threads", [1, 3])
def test_bits_are_those_of_numpy(target: str, size: int, dtype: Any, threads: int) -> None:
    minicnn.set_num_threads(threads)
    a, b = operands(size, dtype)
    with np.errstate(invalid="ignore"):
        expected = a + b
    y = ops.add(a, b)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.data, expected)


def test_any_layout_gives_the_same() -> None:
    a, b = operands(2 * WORTH_A_KERNEL, np.float32)
    a, b = a[3:], b[3:]
    wide = np.zeros((len(a), 2), np.float32)
    wide[:, 0] = a
    for layout in (wide[:, 0], a[::-1].copy()[::-1], a.astype(">f4")):
        np.testing.assert_array_equal(ops.add(layout, b).data, a + b)


def test_gradients_that_meet_are_added() -> None:
    x = Tensor(np.ones((200, 200), np.float32), requires_grad=True)
    y = ops.add(x * 2, x * 3)
    (y + y).sum().backward()
    np.testing.assert_array_equal(x.grad, np.full((200, 200), 10, np.float32))
