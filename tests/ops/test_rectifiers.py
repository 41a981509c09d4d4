"""The relatives of ReLU against their formulas in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import Tensor
from minicnn.ops import rectifiers as ops
from tests.central_differences import assert_gradients
from tests.machine import cases
from tests.reference import assert_follows

DTYPES = [np.float32, np.float64]
ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer et al., equation 14

OPS = {
    "leaky_relu": (ops.leaky_relu, lambda x: np.where(x > 0, x, 0.01 * x)),
    "leaky_relu(0.3)": (lambda x: ops.leaky_relu(x, 0.3), lambda x: np.where(x > 0, x, 0.3 * x)),
    "elu": (ops.elu, lambda x: np.where(x > 0, x, np.expm1(x))),
    "elu(0.5)": (lambda x: ops.elu(x, 0.5), lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))),
    "selu": (ops.selu, lambda x: SCALE * np.where(x > 0, x, ALPHA * np.expm1(x))),
    "relu6": (ops.relu6, lambda x: np.minimum(np.maximum(x, 0), 6)),
    "hardtanh": (ops.hardtanh, lambda x: np.clip(x, -1, 1)),
    "hardtanh(-2, 4)": (lambda x: ops.hardtanh(x, -2, 4), lambda x: np.clip(x, -2, 4)),
    "hardswish": (ops.hardswish, lambda x: x * np.clip(x + 3, 0, 6) / 6),
}
KINKS = np.array([-3, -2, -1, 0, 1, 3, 4, 6])  # of all of them


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
@cases(50)
def test_values_equal_the_formula(name, dtype, data):
    op, formula = OPS[name]
    shape = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=7)
    values = st.floats(-80, 80, width=32) | st.sampled_from([float(k) for k in KINKS])
    x = data.draw(hnp.arrays(dtype, shape, elements=values))
    assert_follows(op, formula, x, roundings=4)


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("seed", range(3))
def test_gradients_equal_central_differences(name, seed):
    x = np.random.default_rng(seed).uniform(-8, 8, (5, 8))
    for kink in KINKS:  # moved away from the kinks
        x = np.where(abs(x - kink) < 1e-3, kink + 1e-2, x)
    assert_gradients(OPS[name][0], x)


@pytest.mark.parametrize(
    ("op", "at", "slopes"),
    [
        (ops.leaky_relu, [0.0], [0.01]),
        (ops.elu, [0.0], [1.0]),
        (ops.selu, [0.0], [SCALE * ALPHA]),
        (ops.relu6, [0.0, 6.0], [0.0, 0.0]),
        (ops.hardtanh, [-1.0, 1.0], [0.0, 0.0]),
        (ops.hardswish, [-3.0, 3.0], [-0.5, 1.5]),
    ],
)
def test_gradients_at_kinks_are_torchs(op, at, slopes):
    x = Tensor(np.array(at), requires_grad=True)
    op(x).sum().backward()
    np.testing.assert_allclose(x.grad, slopes, rtol=1e-15)


@pytest.mark.parametrize(
    ("op", "limits"),
    [
        (ops.leaky_relu, [-np.inf, np.inf]),
        (ops.elu, [-1, np.inf]),
        (ops.selu, [-SCALE * ALPHA, np.inf]),
        (ops.relu6, [0, 6]),
        (ops.hardtanh, [-1, 1]),
        (ops.hardswish, [0, np.inf]),
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_infinities_have_limits_and_nan_stays_nan(op, limits, dtype):
    x = Tensor(np.array([-np.inf, np.inf, np.nan], dtype), requires_grad=True)
    y = op(x)
    np.testing.assert_allclose(y.data, [*limits, np.nan], rtol=1e-7)
    y.backward(np.ones(3))
    assert not np.isnan(x.grad[:2]).any()


@pytest.mark.parametrize("name", OPS)
def test_the_input_stays_as_it_is_and_may_have_any_layout(name):
    op, formula = OPS[name]
    x = np.random.default_rng(0).uniform(-8, 8, (6, 8))
    for view in (x.T, x[::-2, ::3], np.broadcast_to(x[0], (3, 8)), x.astype(">f8")):
        before = view.copy()
        np.testing.assert_allclose(op(view).data, formula(before), rtol=1e-14, atol=1e-15)
        np.testing.assert_array_equal(view, before)


def test_errors_name_the_argument():
    for op in (ops.leaky_relu, ops.elu, ops.selu, ops.relu6, ops.hardtanh, ops.hardswish):
        name = op.__name__
        with pytest.raises(TypeError, match=f"{name}: x must be float32 or float64, got int64"):
            op(np.ones(3, int))
    with pytest.raises(ValueError, match="hardtanh: min_val must be below max_val, got 1 and 1"):
        ops.hardtanh([0.0], 1, 1)
