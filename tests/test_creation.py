"""New tensors, and the functions at the top level, are torch's by name and meaning."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn import ops


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (minicnn.zeros(2, 3), np.zeros((2, 3), np.float32)),
        (minicnn.zeros((2, 0)), np.zeros((2, 0), np.float32)),
        (minicnn.ones([3], dtype=np.float64), np.ones(3)),
        (minicnn.full((2,), 7), np.array([7, 7])),
        (minicnn.full((1,), 0.5), np.array([0.5], np.float32)),
        (minicnn.zeros_like(np.ones((2, 2), np.int64)), np.zeros((2, 2), np.int64)),
        (minicnn.ones_like([1.0, 2.0]), np.ones(2, np.float32)),
        (minicnn.eye(2, 3), np.eye(2, 3, dtype=np.float32)),
        (minicnn.arange(4), np.arange(4)),
        (minicnn.arange(5, 1, -2), np.array([5, 3])),
        (minicnn.arange(0, 1, 0.25), np.array([0, 0.25, 0.5, 0.75], np.float32)),
        (minicnn.linspace(0, 2, 5), np.array([0, 0.5, 1, 1.5, 2], np.float32)),
        (minicnn.from_numpy(np.arange(3)), np.arange(3)),
    ],
)
def test_values_shapes_and_dtypes(tensor, expected):
    assert tensor.dtype == expected.dtype
    assert tensor.shape == expected.shape
    np.testing.assert_array_equal(tensor.data, expected)


def test_random_tensors_follow_the_seed_and_their_distributions():
    draws = []
    for _ in range(2):
        minicnn.manual_seed(5)
        draws.append(
            [minicnn.rand(100, 50), minicnn.randn(100, 50), minicnn.randint(2, 6, (5000,))]
        )
    for first, second in zip(*draws):
        np.testing.assert_array_equal(first.data, second.data)
    uniform, normal, whole = (t.data for t in draws[0])
    assert uniform.dtype == normal.dtype == np.float32
    # means of 5000 values, within 5 standard deviations
    assert abs(uniform.mean() - 0.5) < 5 * np.sqrt(1 / 12 / 5000)
    assert abs(normal.mean()) < 5 * np.sqrt(1 / 5000)
    assert abs(normal.var() - 1) < 5 * np.sqrt(2 / 5000)
    assert set(whole) == {2, 3, 4, 5}
    assert sorted(minicnn.randperm(9).tolist()) == list(range(9))
    assert minicnn.rand(2, dtype=np.float64, requires_grad=True).requires_grad


def test_from_numpy_shares_memory():
    array = np.zeros(2)
    minicnn.from_numpy(array).data[0] = 1
    assert array[0] == 1


def test_the_top_level_has_the_operations():
    assert minicnn.cat is ops.cat
    assert minicnn.clip is ops.clamp
    assert minicnn.softmax(np.zeros((1, 2)), 1).tolist() == [[0.5, 0.5]]
    assert set(minicnn.__all__) >= {"cat", "stack", "where", "zeros", "randn", "relu"}
    assert all(hasattr(minicnn, name) for name in minicnn.__all__)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: minicnn.zeros(-1), ValueError, r"zeros: sizes must not be negative, got \(-1,\)"),
        (lambda: minicnn.ones(2**62), ValueError, "ones: a result of shape .* too many"),
        (lambda: minicnn.zeros(1.5), TypeError, "zeros: a size must be an int, got 1.5"),
        (lambda: minicnn.arange(0, 3, 0), ValueError, "arange: step must lead from start to end"),
        (lambda: minicnn.arange(3, 0), ValueError, "arange: step must lead from start to end"),
        (lambda: minicnn.randint(3, 3, (1,)), ValueError, "randint: low must be below high, got 3"),
        (lambda: minicnn.randn(2, dtype=int), TypeError, "randn: dtype must be float32 or float64"),
        (
            lambda: minicnn.from_numpy([1]),
            TypeError,
            "from_numpy: an ndarray was expected, got list",
        ),
    ],
)
def test_errors_name_the_function(make, error, text):
    with pytest.raises(error, match=f"^{text}"):
        make()
