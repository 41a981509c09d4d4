"""conv2d reads arrays of any memory layout: the same bits as from their contiguous copies."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import Tensor
from minicnn.ops.conv2d import conv2d
from minicnn.testing.layouts import CHANGES_VALUES, LAYOUTS
from tests.reference import assert_same_bits

SAME_VALUES = [name for name in LAYOUTS if name != CHANGES_VALUES]


def arrays(dtype: str) -> list[np.ndarray]:
    """x, weight, bias and grad_y; x has axes of size 1."""
    rng = np.random.default_rng(0)
    shapes = [(1, 4, 1, 9), (6, 2, 1, 3), (6,), (1, 6, 1, 7)]
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def results(inputs: list[np.ndarray]) -> list[np.ndarray]:
    tensors = [Tensor(a, requires_grad=True) for a in inputs[:3]]
    y = conv2d(*tensors, groups=2)
    y.backward(inputs[3])
    return [y.data, *(t.grad for t in tensors)]


def check_layout(inputs: list[np.ndarray], contiguous: list[np.ndarray]) -> None:
    before = [a.tobytes() for a in inputs]
    for actual, expected in zip(results(inputs), results(contiguous)):
        assert type(actual) is np.ndarray
        assert actual.dtype.isnative
        assert_same_bits(actual, expected)
        assert not any(np.shares_memory(actual, a) for a in inputs)
    assert [a.tobytes() for a in inputs] == before


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout", SAME_VALUES)
@pytest.mark.parametrize("which", [[0], [1], [2], [3], [0, 1, 2, 3]])
def test_every_layout_gives_the_bits_of_the_contiguous_copy(layout, which, dtype):
    contiguous = arrays(dtype)
    inputs = [LAYOUTS[layout](a) if i in which else a for i, a in enumerate(contiguous)]
    for given_, meant in zip(inputs, contiguous):
        np.testing.assert_array_equal(given_, meant)
    check_layout(inputs, contiguous)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_broadcast_arrays_give_the_bits_of_their_copies(dtype):
    inputs = [np.broadcast_to(np.asarray(1 / 3, dtype), a.shape) for a in arrays(dtype)]
    check_layout(inputs, [a.copy() for a in inputs])
