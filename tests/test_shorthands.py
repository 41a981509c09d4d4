"""Torch's shorter names, and what is asked of values: NumPy's functions are the oracles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import minicnn
from minicnn import Tensor

arrays = npst.arrays(np.int64, npst.array_shapes(max_dims=3, max_side=4),
                     elements=st.integers(-3, 3))  # fmt: skip
rng = np.random.default_rng(0)


@given(arrays, st.data())
def test_places_are_numpys(x: np.ndarray, data: st.DataObject) -> None:
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    other = data.draw(st.integers(-x.ndim, x.ndim - 1))
    at = data.draw(st.lists(st.integers(0, x.shape[dim] - 1), min_size=1, max_size=4))
    t = Tensor(x)
    same = np.testing.assert_array_equal
    same(t.movedim(dim, other).data, np.moveaxis(x, dim, other))
    same(t.index_select(dim, at).data, np.take(x, at, dim))
    same(t.select(dim, at[0]).data, np.take(x, at[0], dim))
    same(t.narrow(dim, at[0], 1).data, np.take(x, at[:1], dim))
    same(t.repeat_interleave(2, dim).data, np.repeat(x, 2, dim))
    same(np.stack([part.data for part in t.unbind(dim)], dim), x)
    same(t.masked_select(x > 0).data, x[x > 0])
    same(t.masked_fill(x > 0, 7).data, np.where(x > 0, 7, x))


@given(arrays)
def test_questions_are_numpys(x: np.ndarray) -> None:
    t = Tensor(x)
    same = np.testing.assert_array_equal
    same(t.nonzero().data, np.argwhere(x))
    same(t.count_nonzero().data, np.count_nonzero(x))
    values, inverse, counts = t.unique(return_inverse=True, return_counts=True)
    assert values.tolist() == sorted(set(x.ravel().tolist()))
    same(values.data[inverse.data], x)
    assert counts.tolist() == [(x == v).sum() for v in values.tolist()]
    same(minicnn.bincount(np.abs(x).ravel()).data, np.bincount(np.abs(x).ravel()))
    assert t.equal(x.copy())
    assert not t.equal(x + 1)
    assert t.allclose(x + 1e-9)
    assert minicnn.numel(x) == x.size


def test_products_triangles_and_grids_are_numpys() -> None:
    a, b = rng.normal(size=(3, 2, 4)), rng.normal(size=(3, 4, 5))
    close = np.testing.assert_allclose
    close(minicnn.bmm(a, b).data, a @ b, rtol=1e-13)
    close(minicnn.mm(a[0], b[0]).data, a[0] @ b[0], rtol=1e-13)
    close(minicnn.dot(a[0, 0], a[0, 1]).data, np.dot(a[0, 0], a[0, 1]), rtol=1e-13)
    close(minicnn.outer(a[0, 0], b[0, 0]).data, np.outer(a[0, 0], b[0, 0]))
    for diagonal in (-1, 0, 2):
        close(minicnn.tril(a, diagonal).data, np.tril(a, diagonal))
        close(minicnn.triu(a, diagonal).data, np.triu(a, diagonal))
    for indexing in ("ij", "xy"):
        ours = minicnn.meshgrid(np.arange(2), np.arange(3), indexing=indexing)
        for one, other in zip(ours, np.meshgrid(np.arange(2), np.arange(3), indexing=indexing)):
            close(one.data, other)
    var, mean = minicnn.var_mean(a, dim=1)
    close(var.data, a.var(axis=1, ddof=1), rtol=1e-12)
    close(mean.data, a.mean(axis=1), rtol=1e-12)


def test_gradients_pass_through() -> None:
    x = Tensor([1.0, 2.0, 4.0], requires_grad=True)
    (minicnn.square(x) + minicnn.reciprocal(x) + minicnn.rsqrt(x)).sum().backward()
    v = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(x.grad, 2 * v - 1 / v**2 - 0.5 * v**-1.5, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: minicnn.mm([1.0], [1.0]), ValueError, "mm: both must have 2 axes, got shapes"),
        (lambda: minicnn.bmm(np.ones((2, 1, 1)), np.ones((3, 1, 1))), ValueError, "bmm: needs two"),
        (lambda: minicnn.outer([[1.0]], [1.0]), ValueError, "outer: both must have one axis"),
        (lambda: minicnn.select([1], 1, 0), ValueError, "select: dim must be from -1 to 0, got 1"),
        (lambda: minicnn.narrow([1, 2], 0, 1, 2), ValueError, "narrow: start and length must lie"),
        (lambda: minicnn.index_select([1], 0, [1]), IndexError, "index_select: index must be from"),
        (lambda: minicnn.index_select([1], 0, [0.0]), TypeError, "index_select: index must be of"),
        (lambda: minicnn.masked_fill([1], [1], 0), TypeError, "masked_fill: mask must be boolean"),
        (lambda: minicnn.masked_select([1], [True, False]), ValueError, "masked_select: mask must"),
        (lambda: minicnn.repeat_interleave([1], -1), ValueError, "repeat_interleave: repeats must"),
        (lambda: minicnn.tril([1]), ValueError, "tril: x must have two axes or more"),
        (lambda: minicnn.bincount([-1]), ValueError, "bincount: x must have one axis and no neg"),
        (lambda: minicnn.bincount([0.5]), TypeError, "bincount: x must be of integers"),
        (lambda: minicnn.meshgrid([1], indexing="ji"), ValueError, "meshgrid: indexing must be"),
    ],
)  # fmt: skip
def test_errors_name_the_function(call, error, text) -> None:
    with pytest.raises(error, match=f"^{text}"):
        call()
