"""unfold and fold, with integers: each window's pixels, and the adjoint identity, exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor
from minicnn.ops.unfold import fold, unfold

PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def problems(draw):
    """Draw a shape (N, C, H, W) and settings that fit it."""
    shape = draw(
        st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(1, 9), st.integers(1, 9))
    )
    setting = dict(
        kernel_size=draw(PAIRS),
        dilation=draw(PAIRS),
        padding=draw(st.tuples(st.integers(0, 2), st.integers(0, 2))),
        stride=draw(PAIRS),
    )
    for axis in (0, 1):
        reach = setting["dilation"][axis] * (setting["kernel_size"][axis] - 1) + 1
        if shape[2 + axis] + 2 * setting["padding"][axis] < reach:
            setting["kernel_size"] = (1, 1)
    return shape, setting


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(problem=problems(), seed=st.integers(0, 2**32))
def test_columns_hold_the_windows_and_fold_is_the_adjoint(dtype, problem, seed):
    shape, setting = problem
    rng = np.random.default_rng(seed)
    x = rng.integers(-9, 10, shape)
    (K_h, K_w), (d_h, d_w), (p_h, p_w), (s_h, s_w) = setting.values()
    t = Tensor(x.astype(dtype), requires_grad=True)
    y = unfold(t, **setting)
    assert y.dtype == dtype

    padded = np.pad(x, ((0, 0), (0, 0), (p_h, p_h), (p_w, p_w)))
    windows = np.lib.stride_tricks.sliding_window_view(
        padded, (d_h * (K_h - 1) + 1, d_w * (K_w - 1) + 1), axis=(2, 3)
    )[:, :, ::s_h, ::s_w, ::d_h, ::d_w]  # (N, C, H_out, W_out, K_h, K_w)
    N, C, H_out, W_out = windows.shape[:4]
    expected = windows.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * K_h * K_w, H_out * W_out)
    np.testing.assert_array_equal(y.data, expected)

    # sum(unfold(x) * columns) = sum(x * fold(columns)), whatever x and the columns are
    columns = rng.integers(-9, 10, y.shape)
    image = Tensor(columns.astype(dtype), requires_grad=True)
    folded = fold(image, shape[2:], **setting)
    assert folded.shape == shape
    assert (expected * columns).sum() == (x * folded.data).sum()
    y.backward(columns)
    np.testing.assert_array_equal(t.grad, folded.data)
    folded.backward(x)
    np.testing.assert_array_equal(image.grad, expected)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (dict(kernel_size=0), "kernel_size must be at least 1, got 0"),
        (dict(kernel_size=2, stride=0), "stride must be at least 1, got 0"),
        (dict(kernel_size=2, dilation=-1), "dilation must be at least 1, got -1"),
        (dict(kernel_size=2, padding=-1), "padding must be at least 0, got -1"),
        (
            dict(kernel_size=(2, 3), dilation=4),
            r"height: the window covers dilation \* \(kernel_size - 1\) \+ 1 = 5 pixels but the"
            r" padded input has only 4 \+ 2 \* 0 = 4",
        ),
        (dict(kernel_size=2, padding=2**40), "the sizes are too large"),
        (dict(kernel_size=2, dilation=2**62), "height: the window covers"),
    ],
)
def test_errors_name_the_argument_and_the_rule(setting, message):
    with pytest.raises(ValueError, match="^unfold: " + message):
        unfold(np.zeros((1, 1, 4, 5)), **setting)
    with pytest.raises(ValueError, match="^fold: " + message):
        fold(np.zeros((1, 4, 12)), (4, 5), **setting)


def test_wrong_shapes_and_types():
    with pytest.raises(ValueError, match=r"^unfold: x must have shape \(N, C, H, W\)"):
        unfold(np.zeros((4, 4)), 2)
    with pytest.raises(ValueError, match=r"^fold: x must have shape \(N, C \* 4, 12\), for images"):
        fold(np.zeros((1, 4, 11)), (4, 5), 2)
    with pytest.raises(ValueError, match=r"^fold: x must have shape \(N, C \* 4, 12\), for images"):
        fold(np.zeros((1, 3, 12)), (4, 5), 2)
    with pytest.raises(ValueError, match=r"^fold: output_size must be at least 1, got 0"):
        fold(np.zeros((1, 4, 12)), 0, 2)
    for op in (lambda x: unfold(x, 2), lambda x: fold(x[0], 3, 2)):
        with pytest.raises(TypeError, match=r"fold: x must be float32 or float64, got int64"):
            op(np.zeros((1, 4, 4, 4), int))


def test_one_image_needs_no_batch() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    columns = unfold(x, 2, padding=1)
    np.testing.assert_array_equal(columns.data, unfold(x[None], 2, padding=1).data[0])
    image = fold(columns, (3, 4), 2, padding=1)
    np.testing.assert_array_equal(image.data, 4 * x)  # with this padding, 4 windows see each pixel
