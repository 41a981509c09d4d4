"""The less common activations against SciPy in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from minicnn import Tensor, nn
from minicnn.ops import further_activations as ops
from tests.central_differences import assert_gradients
from tests.machine import cases
from tests.reference import assert_follows

OPS = {
    "mish": (ops.mish, lambda x: x * np.tanh(np.logaddexp(x, 0))),
    "softsign": (ops.softsign, lambda x: x / (1 + abs(x))),
    "logsigmoid": (ops.logsigmoid, special.log_expit),
    "hardsigmoid": (ops.hardsigmoid, lambda x: np.clip(x / 6 + 0.5, 0, 1)),
    "celu": (lambda x: ops.celu(x, 1.5), lambda x: np.where(x > 0, x, 1.5 * np.expm1(x / 1.5))),
    "tanhshrink": (ops.tanhshrink, lambda x: x - np.tanh(x)),
    "hardshrink": (lambda x: ops.hardshrink(x, 1), lambda x: x * ((x < -1) | (x > 1))),
    "softshrink": (
        lambda x: ops.softshrink(x, 1),
        lambda x: np.where(x > 1, x - 1, np.where(x < -1, x + 1, 0)),
    ),
    "threshold": (lambda x: ops.threshold(x, 0.5, 7), lambda x: np.where(x > 0.5, x, 7)),
    "prelu": (
        lambda x: ops.prelu(x, np.array([0.25], x.dtype)),
        lambda x: np.where(x > 0, x, x / 4),
    ),
}


@pytest.mark.filterwarnings("ignore:overflow")  # in the formulas, not in the library
@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(data=st.data())
@cases(50)
def test_values_equal_the_formula(name, dtype, data):
    op, formula = OPS[name]
    shape = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=7)
    x = data.draw(hnp.arrays(dtype, shape, elements=st.floats(-200, 200, width=32)))
    assert_follows(op, formula, x, roundings=8)


@pytest.mark.parametrize("name", OPS)
def test_gradients_agree_with_differences(name):
    x = np.random.default_rng(0).uniform(-8, 8, (3, 4, 5))
    x += 0.01 * (np.abs(x % 0.5) < 0.005)  # away from the kinks, which are multiples of 1/2
    assert_gradients(OPS[name][0], x)


@pytest.mark.parametrize("name", sorted(set(OPS) - {"softsign"}))  # inf / inf is NaN in torch, too
def test_infinities_have_limits_and_nan_stays(name):
    x = Tensor(np.array([-np.inf, np.inf, np.nan]), requires_grad=True)
    y = OPS[name][0](x)
    if name != "tanhshrink":
        assert not np.isnan(y.data[:2]).any()
    assert np.isnan(y.data[2])
    y.backward(np.ones(3))
    assert not np.isnan(x.grad[:2]).any()


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (2, 3, 4, 5)])
def test_prelu_has_a_slope_for_each_channel(shape):
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=shape), rng.normal(size=3)
    slopes = weight.reshape(3, *(1,) * (len(shape) - 2))
    np.testing.assert_array_equal(ops.prelu(x, weight).data, np.where(x > 0, x, slopes * x))
    assert_gradients(ops.prelu, x, weight)
    assert_gradients(ops.prelu, x, weight[:1])


def test_softmin_and_softmax2d():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    np.testing.assert_allclose(ops.softmin(x, 1).data, special.softmax(-x, axis=1), rtol=1e-12)
    np.testing.assert_allclose(nn.Softmin(dim=0)(x).data, special.softmax(-x, axis=0), rtol=1e-12)
    for sample in (x, x[0]):
        expected = special.softmax(sample, axis=-3)
        np.testing.assert_allclose(nn.Softmax2d()(sample).data, expected, rtol=1e-12)
    with pytest.raises(ValueError, match=r"^Softmax2d: x must have shape \(N, C, H, W\) or"):
        nn.Softmax2d()(x[0, 0])


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match=r"^celu: alpha must not be 0"):
        ops.celu([1.0], 0)
    with pytest.raises(ValueError, match=r"^softshrink: lambd must not be negative, got -1"):
        ops.softshrink([1.0], -1)
    with pytest.raises(ValueError, match=r"^prelu: weight must have shape \(1,\) or, for x of"):
        ops.prelu(np.ones((2, 3)), np.ones(2))
    with pytest.raises(TypeError, match=r"^mish: x must be float32 or float64, got int64"):
        ops.mish([1])


@pytest.mark.parametrize(
    ("layer", "name", "text"),
    [
        (nn.Mish(), "mish", "Mish()"),
        (nn.Softsign(), "softsign", "Softsign()"),
        (nn.LogSigmoid(), "logsigmoid", "LogSigmoid()"),
        (nn.Hardsigmoid(), "hardsigmoid", "Hardsigmoid()"),
        (nn.CELU(1.5), "celu", "CELU(alpha=1.5)"),
        (nn.Tanhshrink(), "tanhshrink", "Tanhshrink()"),
        (nn.Hardshrink(1), "hardshrink", "Hardshrink(1)"),
        (nn.Softshrink(1), "softshrink", "Softshrink(1)"),
        (nn.Threshold(0.5, 7), "threshold", "Threshold(threshold=0.5, value=7)"),
        (nn.PReLU(dtype=np.float64), "prelu", "PReLU(num_parameters=1)"),
    ],
)
def test_layers_call_their_functions(layer, name, text):
    x = np.linspace(-4, 4, 24).reshape(2, 3, 4)
    np.testing.assert_allclose(layer(x).data, OPS[name][1](x), rtol=1e-12, atol=1e-12)
    assert repr(layer) == text
