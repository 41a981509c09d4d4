"""pad against numpy.pad, which names the modes otherwise and takes the first axis first."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minicnn import Tensor
from minicnn.ops.pad import pad
from tests.central_differences import assert_gradients
from tests.machine import cases

NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@st.composite
def paddings(draw):
    """Draw a shape, the margins of some of its last axes (last axis first) and a mode."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, max_side=5))
    mode = draw(st.sampled_from(["constant", *NUMPY_MODES]))
    margins = []
    for n in shape[::-1][: draw(st.integers(0, len(shape)))]:
        widest = {"reflect": n - 1, "circular": n}.get(mode, 4)
        margins += [draw(st.integers(0, widest)), draw(st.integers(0, widest))]
    return shape, margins, mode


def by_numpy(x, margins, mode, value=0):
    pairs = list(zip(margins[::2], margins[1::2]))
    widths = [(0, 0)] * (x.ndim - len(pairs)) + pairs[::-1]
    if mode == "constant":
        return np.pad(x, widths, constant_values=value)
    return np.pad(x, widths, mode=NUMPY_MODES[mode])


@given(padding=paddings(), dtype=st.sampled_from([np.float32, np.float64, np.int64, np.bool_]))
def test_values_equal_numpys(padding, dtype):
    shape, margins, mode = padding
    x = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    y = pad(x, margins, mode)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.data, by_numpy(x, margins, mode))
    if mode == "constant":
        np.testing.assert_array_equal(pad(x, margins, mode, 7).data, by_numpy(x, margins, mode, 7))
    assert not np.shares_memory(y.data, x) or not any(margins)


@given(padding=paddings(), seed=st.integers(0, 2**32))
@cases(50)
def test_gradients_count_the_copies(padding, seed):
    """The gradient of integers is exact: each value gets what all its copies got."""
    shape, margins, mode = padding
    rng = np.random.default_rng(seed)
    x = Tensor(np.zeros(shape), requires_grad=True)
    y = pad(x, margins, mode)
    grad_y = rng.integers(-9, 10, y.shape)
    y.backward(grad_y)
    places = by_numpy(np.arange(x.numel()).reshape(shape), margins, mode, -1)
    expected = [grad_y[places == i].sum() for i in range(x.numel())]
    np.testing.assert_array_equal(x.grad, np.reshape(expected, shape))


def test_negative_margins_cut_off():
    x = Tensor(np.arange(12.0).reshape(3, 4), requires_grad=True)
    y = pad(x, (-1, 2, 1, -2), value=9)
    assert y.tolist() == [[9, 9, 9, 9, 9], [1, 2, 3, 9, 9]]
    y.backward(np.ones((2, 5)))
    assert x.grad.tolist() == [[0, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert_gradients(partial(pad, pad=(2, -3, -1, 0)), x.data)
    assert pad(x, (-2, -2)).shape == (3, 0)


def test_a_batch_may_be_empty():
    x = np.zeros((0, 2, 3, 3), np.float32)
    for mode in ("constant", *NUMPY_MODES):
        assert pad(x, (1, 1, 2, 2), mode).shape == (0, 2, 7, 5)


def test_any_layout_is_accepted():
    x = np.arange(48.0).reshape(6, 8)
    for view in (x.T, x[::-2, ::3], np.broadcast_to(x[0], (3, 8)), x.astype(">f8")):
        for mode in ("constant", *NUMPY_MODES):
            np.testing.assert_array_equal(
                pad(view, (1, 2, 1, 1), mode).data, by_numpy(view, (1, 2, 1, 1), mode)
            )


@pytest.mark.parametrize(
    ("margins", "setting", "message"),
    [
        (
            (1,),
            {},
            r"pad must have two ints for each of at most 2 axes, the last axis first, got 1",
        ),
        (
            (1,) * 6,
            {},
            r"pad must have two ints for each of at most 2 axes, the last axis first, got 6",
        ),
        ((-3, -2), {}, r"\(-3, -2\) cuts more off axis 1 than it has: size 4"),
        (
            (4, 0),
            dict(mode="reflect"),
            r"mode='reflect' can pad axis 1 of size 4 by at most 3, got",
        ),
        (
            (0, 0, 0, 4),
            dict(mode="circular"),
            r"mode='circular' can pad axis 0 of size 3 by at most 3",
        ),
        ((-1, 0), dict(mode="replicate"), "only mode='constant' can cut off"),
        (
            (1, 1),
            dict(mode="mirror"),
            "mode must be one of 'constant', 'reflect', 'replicate', 'circ",
        ),
        ((1, 1), dict(mode="reflect", value=1), "value is only for mode='constant', got 1 with"),
        ((2**63, 0), {}, "pad must fit in 64 bits"),
    ],
)
def test_errors_name_the_argument_and_the_rule(margins, setting, message):
    with pytest.raises(ValueError, match="^pad: " + message):
        pad(np.zeros((3, 4)), margins, **setting)


def test_wrong_types_are_type_errors():
    with pytest.raises(TypeError, match=r"^pad: pad must be ints \(left, right, top, bottom"):
        pad(np.zeros(3), 1)
    with pytest.raises(TypeError, match=r"^pad: pad must be an int, got 1\.5"):
        pad(np.zeros(3), (1.5, 1))


@pytest.mark.parametrize("width", [2**31, 2**40, 2**62, 2**63 - 1])
@pytest.mark.parametrize("mode", ["constant", "replicate"])
def test_huge_margins_end_at_once(width, mode):
    with pytest.raises(
        ValueError, match=r"^pad: the result would have shape .*, more than 2\*\*60"
    ):
        pad(np.zeros((64, 64)), (width, width, width, width), mode)


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_nothing_to_pad_gives_a_copy(mode):
    x = np.arange(12.0).reshape(1, 3, 4)
    y = pad(x, (0, 0), mode)
    assert y.tolist() == x.tolist()
    assert not np.shares_memory(y.data, x)
