"""Sorting and running sums: Python's stable sort and exact integer sums are the oracles."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor, ops

shapes = st.lists(st.integers(1, 5), min_size=1, max_size=3)


@given(shapes, st.booleans(), st.data())
def test_equal_elements_stay_in_their_order(
    shape: list[int], descending: bool, data: st.DataObject
) -> None:
    x = np.random.default_rng(len(shape)).integers(0, 3, shape).astype(np.float32)
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    values, indices = ops.sort(x, dim, descending)
    assert indices.dtype == np.int64
    rows = np.moveaxis(x, dim, -1).reshape(-1, x.shape[dim])
    found = np.moveaxis(indices.data, dim, -1).reshape(rows.shape)
    for row, order in zip(rows, found):
        sign = -1 if descending else 1
        assert order.tolist() == sorted(range(len(row)), key=lambda i: (sign * row[i], i))
    np.testing.assert_array_equal(values.data, np.take_along_axis(x, indices.data, dim))
    np.testing.assert_array_equal(ops.argsort(x, dim, descending).data, indices.data)


def test_nan_is_the_largest() -> None:
    x = Tensor([1.0, float("nan"), -1.0, float("inf")])
    assert x.argsort().tolist() == [2, 0, 3, 1]
    assert x.argsort(descending=True).tolist() == [1, 3, 0, 2]


@given(shapes, st.data())
def test_running_sums_are_exact_for_integers(shape: list[int], data: st.DataObject) -> None:
    x = np.random.default_rng(0).integers(-50, 50, shape).astype(np.float32)
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    t = Tensor(x, requires_grad=True)
    y = t.cumsum(dim)
    rows = np.moveaxis(x, dim, -1).reshape(-1, x.shape[dim]).tolist()
    sums = np.moveaxis(y.data, dim, -1).reshape(-1, x.shape[dim]).tolist()
    assert sums == [list(itertools.accumulate(row)) for row in rows]
    y.backward(np.ones(shape, np.float32))
    n = x.shape[dim]
    counts = np.moveaxis(np.zeros(shape) + 0, dim, -1) + np.arange(n, 0, -1)  # terms of each x
    np.testing.assert_array_equal(np.moveaxis(t.grad, dim, -1), counts)


def test_booleans_and_small_integers_are_added_up_as_int64() -> None:
    y = ops.cumsum(np.full(3, 100, np.int8), 0)
    assert (y.dtype, y.tolist()) == (np.int64, [100, 200, 300])
    assert ops.cumsum([True, True], 0).tolist() == [1, 2]


@pytest.mark.parametrize("name", ["sort", "argsort", "cumsum"])
def test_errors_name_the_operation(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: dim must be from -2 to 1, got 2"):
        getattr(ops, name)(np.zeros((2, 2)), 2)
