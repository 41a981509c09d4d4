"""conv1d, and conv2d with padding in words, against the definition in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor
from minicnn.ops.conv1d import conv1d
from minicnn.ops.conv2d import conv2d
from minicnn.testing import gradcheck
from tests.machine import cases
from tests.reference import assert_exact
from tests.reference_convolution import convolve, integers, plain_cases

SEEDS = st.integers(0, 2**32)
STEPS = st.sampled_from(["direct", "im2col", "tiled", "strip"])  # exact on integers
DTYPES = st.sampled_from([np.float32, np.float64])


def check(op, case, seed, dtype, **more):
    (x_shape, w_shape), settings, margins = case
    x, weight, bias = integers(x_shape, w_shape, w_shape[:1], seed=seed)
    others = {name: settings[name] for name in ("stride", "dilation", "groups")}
    after = (slice(None), *[np.newaxis] * (len(x_shape) - 2))
    expected = convolve(x, weight, margins=margins, **others) + bias[after]
    inputs = [Tensor(a.astype(dtype), requires_grad=True) for a in (x, weight, bias)]
    y = op(*inputs, **settings, **more)
    assert_exact(y.data, expected, dtype, "y")
    # y - bias is linear in x and in weight: the sums below determine all gradients' inner products
    (grad_y,) = integers(expected.shape, seed=seed + 1)
    y.backward(grad_y)
    inner = ((expected - bias[after]) * grad_y).sum()
    assert (x * inputs[0].grad).sum() == (weight * inputs[1].grad).sum() == inner
    sums = grad_y.sum(axis=(0, *range(2, grad_y.ndim)))
    assert_exact(inputs[2].grad, sums, dtype, "grad_bias")


@given(case=plain_cases(1), seed=SEEDS, dtype=DTYPES, step=STEPS)
@cases(150)
def test_conv1d_is_exact_on_integers(case, seed, dtype, step):
    check(conv1d, case, seed, dtype, algorithm=step)


@given(case=plain_cases(2), seed=SEEDS, dtype=DTYPES, step=STEPS)
@cases(150)
def test_conv2d_pads_same_and_valid(case, seed, dtype, step):
    check(conv2d, case, seed, dtype, algorithm=step)


@pytest.mark.parametrize(("op", "n"), [(conv1d, 1), (conv2d, 2)])
@given(data=st.data(), seed=SEEDS)
@cases(25)
def test_gradients_agree_with_differences(op, n, data, seed):
    (x_shape, w_shape), settings, _ = data.draw(plain_cases(n))
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal(shape) for shape in (x_shape, w_shape, w_shape[:1])]
    gradcheck(
        lambda *inputs: op(*inputs, **settings), [Tensor(a, requires_grad=True) for a in arrays]
    )


@pytest.mark.parametrize(("op", "n"), [(conv1d, 1), (conv2d, 2)])
@pytest.mark.parametrize("padding", [1, "same"])
def test_one_sample_needs_no_batch(op, n, padding):
    x, weight = integers((1, 2, *(5,) * n), (3, 2, *(2,) * n), seed=0)
    x, weight = x.astype(np.float32), weight.astype(np.float32)
    alone = op(x[0], weight, padding=padding)
    assert_exact(alone.data, op(x, weight, padding=padding).data[0], np.float32)


X, W = np.ones((2, 4, 8), np.float32), np.ones((6, 4, 3), np.float32)


@pytest.mark.parametrize(
    ("x", "weight", "setting", "text"),
    [
        (
            X,
            W[:, :3],
            dict(),
            "x has shape (2, 4, 8) and weight (6, 3, 3): with groups=1, weight.shape[1] must be"
            " x.shape[1] / groups = 4 / 1, got 3",
        ),
        (
            X,
            W,
            dict(groups=3),
            "x has shape (2, 4, 8) and weight (6, 4, 3): groups=3 must divide x.shape[1] = 4",
        ),
        (
            X,
            np.ones((5, 2, 3), np.float32),
            dict(groups=2),
            "weight.shape[0] (out_channels) must be divisible by groups=2, got 5",
        ),
        (
            X,
            W,
            dict(dilation=5, padding=1),
            "length: the dilated kernel covers dilation * (kernel - 1) + 1 = 11 values but the"
            " padded input has only 8 + 2 * 1 = 10",
        ),
        (
            X,
            W,
            dict(bias=np.ones(4, np.float32)),
            "bias must have shape (6,), one value for each output channel, got (4,)",
        ),
        (X[0, 0], W, {}, "x must have shape (N, C, L) or (C, L), got 1 dimensions: (8,)"),
        (X, W[0], {}, "weight must have 3 dimensions, got shape (4, 3)"),
        (
            X[:, :, :0],
            W,
            {},
            "only the batch axis N may be empty, got x with shape (2, 4, 0) and weight (6, 4, 3)",
        ),
        (X, W, dict(stride=0), "stride must be at least 1, got 0"),
        (X, W, dict(dilation=-1), "dilation must be at least 1, got -1"),
        (X, W, dict(padding=-1), "padding must be at least 0, got -1"),
        (X, W, dict(groups=0), "groups must be at least 1, got 0"),
        (X, W, dict(padding="all"), "padding must be 'same', 'valid', an int or (int,), got 'all'"),
        (
            X,
            W,
            dict(padding="same", stride=2),
            "padding='same' needs stride 1, got stride=(2,)",
        ),
        (
            X,
            W,
            dict(padding=2**62),
            f"the padded input would have {4 * (8 + 2**63)} values, too many",
        ),
        (
            X,
            W,
            dict(padding="same", dilation=2**62),
            f"the padded input would have {4 * (8 + 2**63)} values, too many",
        ),
    ],
)
def test_errors_name_the_argument_and_the_rule(x, weight, setting, text):
    with pytest.raises(ValueError) as error:  # noqa: PT011  # the text is compared below
        conv1d(x, weight, **setting)
    assert str(error.value) == f"conv1d: {text}"


@pytest.mark.parametrize(
    ("x", "setting", "text"),
    [
        (X.astype(int), {}, "conv1d: x must be float32 or float64, got int64"),
        (
            X.astype(float),
            {},
            "conv1d: x, weight must all be float32 or all float64, got x float64",
        ),
        (X, dict(stride=(1, 1)), r"conv1d: stride must be an int or a tuple of one int, got 2"),
        (X, dict(padding=1.0), r"conv1d: padding must be an int, got 1\.0"),
        (X, dict(groups="2"), "conv1d: groups must be an int, got '2'"),
    ],
)
def test_wrong_types_are_type_errors(x, setting, text):
    with pytest.raises(TypeError, match=text):
        conv1d(x, W, **setting)
