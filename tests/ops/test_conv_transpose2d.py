"""Transposed convolutions, by every exact step of conv2d's ladder, against their definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor
from minicnn.ops.conv_transpose2d import conv_transpose1d, conv_transpose2d
from minicnn.testing import gradcheck
from tests.machine import cases
from tests.reference import assert_close, assert_exact
from tests.reference_convolution import Transposed, integers, transposed_cases

OPS = pytest.mark.parametrize(("op", "n"), [(conv_transpose1d, 1), (conv_transpose2d, 2)])
SEEDS = st.integers(0, 2**32)
STEPS = st.sampled_from(["direct", "im2col", "tiled", "strip"])  # exact on integers
DTYPES = st.sampled_from([np.float32, np.float64])


@OPS
@given(data=st.data(), seed=SEEDS, dtype=DTYPES, step=STEPS)
@cases(150)
def test_values_and_gradients_are_exact_on_integers(op, n, data, seed, dtype, step):
    (x_shape, w_shape), settings = data.draw(transposed_cases(n))
    x, weight, bias = integers(x_shape, w_shape, w_shape[1] * settings["groups"], seed=seed)
    oracle = Transposed(x, weight, **settings)
    expected = oracle.y()
    inputs = [Tensor(a.astype(dtype), requires_grad=True) for a in (x, weight, bias)]
    y = op(*inputs, **settings, algorithm=step)
    assert_exact(y.data, expected + bias.reshape(-1, *(1,) * n), dtype, "y")
    (grad_y,) = integers(expected.shape, seed=seed + 1)
    y.backward(grad_y)
    grad_x, grad_weight = oracle.gradients(grad_y)
    assert_exact(inputs[0].grad, grad_x, dtype, "grad_x")
    assert_exact(inputs[1].grad, grad_weight, dtype, "grad_weight")
    assert_exact(inputs[2].grad, grad_y.sum(axis=(0, *range(2, n + 2))), dtype, "grad_bias")


@given(data=st.data(), seed=SEEDS)
@cases(40)
def test_the_chosen_step_rounds_little(data, seed):
    """Also where it is Winograd's: 3x3 kernels, stride 1, many channels."""
    (x_shape, _), settings = data.draw(transposed_cases(2))
    if data.draw(st.booleans()):
        x_shape = (2, 16, 9, 11)
        settings = dict.fromkeys(("stride", "dilation", "padding"), (1, 1)) | dict(groups=1)
        settings["output_padding"] = (0, 0)
        w_shape = (16, 17, 3, 3)
    else:
        w_shape = (x_shape[1], 5, 3, 2)
        settings["padding"] = (0, 0)
    rng = np.random.default_rng(seed)
    x, weight = (rng.standard_normal(s).astype(np.float32) for s in (x_shape, w_shape))
    wide = x.astype(np.float64), weight.astype(np.float64)
    expected = Transposed(*wide, **settings).y()
    cond = Transposed(*(abs(a) for a in wide), **settings).y()
    assert_close(conv_transpose2d(x, weight, **settings).data, expected, cond, np.float32)


@OPS
@given(data=st.data(), seed=SEEDS)
@cases(25)
def test_gradients_agree_with_differences(op, n, data, seed):
    (x_shape, w_shape), settings = data.draw(transposed_cases(n))
    rng = np.random.default_rng(seed)
    bias = (w_shape[1] * settings["groups"],)
    arrays = [rng.standard_normal(shape) for shape in (x_shape, w_shape, bias)]
    gradcheck(
        lambda *inputs: op(*inputs, **settings), [Tensor(a, requires_grad=True) for a in arrays]
    )


@OPS
def test_one_sample_needs_no_batch(op, n):
    x, weight = integers((1, 2, *(5,) * n), (2, 3, *(2,) * n), seed=0)
    x, weight = x.astype(np.float32), weight.astype(np.float32)
    assert_exact(op(x[0], weight, stride=2).data, op(x, weight, stride=2).data[0], np.float32)


def test_gradients_only_of_what_asks_for_them():
    x = Tensor(np.ones((1, 2, 3, 3), np.float32))
    weight = Tensor(np.ones((2, 1, 2, 2), np.float32), requires_grad=True)
    conv_transpose2d(x, weight).sum().backward()
    assert x.grad is None
    assert weight.grad.shape == weight.shape


X, W = np.ones((2, 4, 5, 6), np.float32), np.ones((4, 3, 3, 3), np.float32)


@pytest.mark.parametrize(
    ("x", "weight", "setting", "text"),
    [
        (
            X,
            W[:3],
            dict(),
            "x has shape (2, 4, 5, 6) and weight (3, 3, 3, 3): weight.shape[0] must be x.shape[1] ="
            " 4, got 3",
        ),
        (
            X,
            W,
            dict(groups=3),
            "x has shape (2, 4, 5, 6) and weight (4, 3, 3, 3): groups=3 must divide x.shape[1] = 4",
        ),
        (
            X,
            W,
            dict(groups=2, bias=np.ones(3, np.float32)),
            "bias must have shape (6,), one value for each output channel, got (3,)",
        ),
        (
            X,
            W,
            dict(output_padding=(0, 2), stride=(3, 2)),
            "output_padding must be less than stride or dilation, the larger of the two being 2,"
            " got 2",
        ),
        (
            X,
            W,
            dict(padding=(0, 4)),
            "width: the result must be at least 1 long, but (input - 1) * stride - 2 * padding +"
            " dilation * (kernel - 1) + output_padding + 1 = 5 * 1 - 2 * 4 + 1 * 2 + 0 + 1 = 0",
        ),
        (
            X[0, 0],
            W,
            {},
            "x must have shape (N, C, H, W) or (C, H, W), got 2 dimensions: (5, 6)",
        ),
        (X, W[0], {}, "weight must have 4 dimensions, got shape (3, 3, 3)"),
        (
            X[:, :0],
            W,
            {},
            "only the batch axis N may be empty, got x with shape (2, 0, 5, 6) and weight"
            " (4, 3, 3, 3)",
        ),
        (X, W, dict(stride=(1, 0)), "stride must be at least 1, got 0"),
        (X, W, dict(dilation=0), "dilation must be at least 1, got 0"),
        (X, W, dict(padding=-2), "padding must be at least 0, got -2"),
        (X, W, dict(output_padding=-1), "output_padding must be at least 0, got -1"),
        (
            X,
            W,
            dict(stride=2**40),
            f"the result with its padding would have {3 * (4 * 2**40 + 3) * (5 * 2**40 + 3)}"
            " values, too many",
        ),
    ],
)
def test_errors_name_the_argument_and_the_rule(x, weight, setting, text):
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the text is compared below
        conv_transpose2d(x, weight, **setting)
    assert str(error.value) == f"conv_transpose2d: {text}"


def test_the_other_ops_name_themselves():
    with pytest.raises(ValueError, match=r"^conv_transpose1d: length: the result must be at least"):
        conv_transpose1d(X[0, :, :], np.ones((5, 1, 1), np.float32), padding=3)
    with pytest.raises(
        TypeError, match=r"^conv_transpose1d: x must be float32 or float64, got int"
    ):
        conv_transpose1d(np.ones((1, 1, 1), int), np.ones((1, 1, 1)))
    with pytest.raises(TypeError, match=r"^conv_transpose2d: x, weight must all be float32 or all"):
        conv_transpose2d(X.astype(np.float64), W)
    with pytest.raises(TypeError, match=r"^conv_transpose1d: stride must be an int or a tuple of"):
        conv_transpose1d(X[0], W[0], stride=(1, 2))
