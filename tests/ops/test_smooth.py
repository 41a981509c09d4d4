"""The smooth activations against SciPy in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from minicnn import Tensor
from minicnn.ops import smooth as ops
from minicnn.ops._erf import erf
from tests.central_differences import assert_gradients
from tests.machine import cases
from tests.reference import assert_follows

DTYPES = [np.float32, np.float64]


def tanh_gelu(x):
    return x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2


OPS = {
    "silu": (ops.silu, lambda x: x * special.expit(x)),
    "gelu": (ops.gelu, lambda x: x * special.ndtr(x)),
    "gelu(tanh)": (lambda x: ops.gelu(x, "tanh"), tanh_gelu),
    "softplus": (ops.softplus, lambda x: np.where(x > 20, x, np.logaddexp(x, 0))),
    "softplus(3, 5)": (
        lambda x: ops.softplus(x, 3, 5),
        lambda x: np.where(3 * x > 5, x, np.logaddexp(3 * x, 0) / 3),
    ),
}


def test_erf_is_exact_to_a_few_bits():
    x = np.concatenate([np.linspace(-7, 7, 100_003), np.logspace(-300, 0, 301)])
    assert abs(erf(x) - special.erf(x)).max() < 4e-16
    np.testing.assert_allclose(erf(x), special.erf(x), rtol=1e-13)
    np.testing.assert_array_equal(erf(np.array([np.nan, np.inf, -np.inf])), [np.nan, 1, -1])
    assert erf(x.reshape(4, -1).T[::2]).tobytes() == erf(x.reshape(4, -1).T[::2].copy()).tobytes()


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
@cases(50)
def test_values_equal_the_formula(name, dtype, data):
    op, formula = OPS[name]
    shape = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=7)
    x = data.draw(hnp.arrays(dtype, shape, elements=st.floats(-200, 200, width=32)))
    assert_follows(op, formula, x, roundings=8)


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("seed", range(3))
def test_gradients_equal_central_differences(name, seed):
    x = np.random.default_rng(seed).uniform(-6, 6, (5, 8))
    assert_gradients(OPS[name][0], np.where(abs(x - 5 / 3) < 1e-3, 0, x))


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_infinities_have_limits_and_nan_stays_nan(name, dtype):
    big = np.finfo(dtype).max
    x = Tensor(np.array([-np.inf, -big, big, np.inf, np.nan], dtype), requires_grad=True)
    y = OPS[name][0](x)
    np.testing.assert_array_equal(y.data[[0, 2, 3, 4]], [0, big, np.inf, np.nan])
    assert y.data[1] == 0
    y.backward(np.ones(5))
    np.testing.assert_allclose(x.grad[:4], [0, 0, 1, 1], atol=1e-12)


@given(
    shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=4),
    seed=st.integers(0, 2**32),
    data=st.data(),
)
@cases(30)
def test_glu_gates_one_half_by_the_other(shape, seed, data):
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    shape = [2 * n if i == dim % len(shape) else n for i, n in enumerate(shape)]
    x = 3 * np.random.default_rng(seed).standard_normal(shape)
    a, b = np.split(x, 2, axis=dim)
    np.testing.assert_allclose(ops.glu(x, dim).data, a * special.expit(b), rtol=1e-14)
    assert_gradients(lambda t: ops.glu(t, dim), x)


@pytest.mark.parametrize("name", OPS)
def test_any_layout_gives_the_bits_of_the_contiguous_array(name):
    op = OPS[name][0]
    x = np.random.default_rng(0).uniform(-8, 8, (60, 80)).astype(np.float32)
    for view in (x.T, x[::-2, ::3], np.broadcast_to(x[0], (3, 80)), x.astype(">f4")):
        expected = op(np.ascontiguousarray(view, np.float32))
        assert op(view).data.tobytes() == expected.data.tobytes()


def test_errors_name_the_argument():
    for op in (ops.silu, ops.gelu, ops.softplus, ops.glu):
        with pytest.raises(TypeError, match=f"{op.__name__}: x must be float32 or float64, got in"):
            op(np.ones(4, int))
    with pytest.raises(ValueError, match="gelu: approximate must be 'none' or 'tanh', got 'erf'"):
        ops.gelu([1.0], "erf")
    with pytest.raises(ValueError, match="softplus: beta must be positive, got 0"):
        ops.softplus([1.0], 0)
    with pytest.raises(ValueError, match=r"glu: x with shape \(2, 3\) has 3 values along dim 1"):
        ops.glu(np.ones((2, 3)), 1)
