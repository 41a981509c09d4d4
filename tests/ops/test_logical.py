"""Truth values: NumPy's and Python's meaning, NaN included, and errors that name the operation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import minicnn
from minicnn import Tensor, ops

NUMBERS = st.sampled_from([0.0, -0.0, 1.5, -2.0, math.nan, math.inf, -math.inf])
arrays = npst.arrays(np.float32, npst.array_shapes(min_dims=0, max_dims=3, max_side=4),
                     elements=NUMBERS.map(np.float32))  # fmt: skip


@given(arrays)
def test_numbers_are_judged_one_by_one(x: np.ndarray) -> None:
    flat = [float(v) for v in x.ravel()]
    for name, judge in (
        ("isnan", math.isnan),
        ("isinf", math.isinf),
        ("isfinite", math.isfinite),
        ("logical_not", lambda v: not v),
    ):
        y = getattr(ops, name)(x)
        assert y.dtype == np.bool_
        assert y.shape == x.shape
        assert y.data.ravel().tolist() == [judge(v) for v in flat]


@given(arrays, st.booleans(), st.data())
def test_any_and_all_along_axes(x: np.ndarray, keepdim: bool, data: st.DataObject) -> None:
    dim = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1)) if x.ndim else None
    moved = x.reshape(-1, 1) if dim is None else np.moveaxis(x, dim, 0).reshape(x.shape[dim], -1)
    rows = [[bool(v) for v in column] for column in moved.T]
    for name, judge in (("any", any), ("all", all)):
        y = getattr(ops, name)(x, dim, keepdim)
        assert y.data.ravel().tolist() == [judge(row) for row in rows]
        kept = [1 if dim is None or i == dim % x.ndim else n for i, n in enumerate(x.shape)]
        left = [n for i, n in enumerate(x.shape) if dim is not None and i != dim % x.ndim]
        assert y.shape == tuple(kept if keepdim else left)


def test_of_none_all_are_true_and_not_any() -> None:
    x = np.zeros((2, 0))
    assert ops.all(x, 1).tolist() == [True, True]
    assert ops.any(x, 1).tolist() == [False, False]


def test_operators_combine_booleans_only() -> None:
    a, b = Tensor([True, True, False]), Tensor([True, False, False])
    assert (a & b).tolist() == [True, False, False]
    assert (a | b).tolist() == [True, True, False]
    assert (a ^ b).tolist() == [False, True, False]
    assert (~a).tolist() == [False, False, True]
    assert (True & a).tolist() == a.tolist()
    with pytest.raises(TypeError, match=r"^&: operands must be boolean, got float32"):
        a & Tensor([1.0, 2.0, 3.0])


def test_errors_name_the_operation() -> None:
    with pytest.raises(ValueError, match=r"^logical_or: shapes \(2,\) and \(3,\) do not broadcast"):
        ops.logical_or([True, False], [True, False, True])
    with pytest.raises(ValueError, match=r"^any: dim must be from -1 to 0, got 1"):
        minicnn.any([True], dim=1)
