"""max_pool2d against its definition in NumPy (tests/reference_pool.py)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor, _core, no_grad, set_num_threads
from minicnn.ops.max_pool2d import ALGORITHMS, max_pool2d
from tests import reference_pool as ref
from tests.machine import cases, kernels_of

KERNELS = kernels_of(ALGORITHMS)
DTYPES = [np.float32, np.float64]
INF, NAN = np.inf, np.nan


def run(x, step, grad_y=None, return_indices=True, **setting):
    """Return y, indices and grad_x (for grad_y, or for ones) of one step of the ladder."""
    t = Tensor(x, requires_grad=True)
    out = max_pool2d(t, return_indices=return_indices, algorithm=step, **setting)
    y, indices = out if return_indices else (out, None)
    y.backward(np.ones_like(y.data) if grad_y is None else grad_y)
    return y.data, None if indices is None else indices.data, t.grad


def assert_same(got, expected):
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(("step", "target"), KERNELS)
@pytest.mark.parametrize("dtype", DTYPES)
@given(pooling=ref.poolings(dilated=True), seed=st.integers(0, 2**32), indices=st.booleans())
def test_values_and_gradient_equal_the_definition(step, target, dtype, pooling, seed, indices):
    _core.set_target(target)
    shape, setting = pooling
    x = ref.integers(shape, dtype, seed)
    y, where = ref.max_pool2d(x, **setting)
    grad_y = ref.integers(y.shape, dtype, seed + 1)
    got_y, got_where, grad_x = run(x, step, grad_y, indices, **setting)
    assert_same(got_y, y)
    if indices:
        assert_same(got_where, where)
    assert_same(grad_x, ref.max_pool2d_backward(grad_y, where, shape).astype(dtype))
    with no_grad():
        assert_same(max_pool2d(x, algorithm=step, **setting).data, y)


@pytest.mark.parametrize(("step", "target"), KERNELS)
@pytest.mark.parametrize("dtype", DTYPES)
@given(pooling=ref.poolings(dilated=True), seed=st.integers(0, 2**32))
def test_nan_and_infinity_equal_the_definition(step, target, dtype, pooling, seed):
    _core.set_target(target)
    shape, setting = pooling
    choices = np.array([NAN, INF, -INF, -INF, -INF, 0.0, -0.0, 1.0], dtype)
    x = np.random.default_rng(seed).choice(choices, shape)
    y, where = ref.max_pool2d(x, **setting)
    got_y, got_where, grad_x = run(x, step, **setting)
    assert_same(got_y, y)
    assert_same(got_where, where)
    assert_same(np.signbit(got_y) | np.isnan(y), np.signbit(y) | np.isnan(y))
    assert_same(grad_x, ref.max_pool2d_backward(np.ones_like(y), where, shape).astype(dtype))
    with no_grad():
        assert_same(max_pool2d(x, algorithm=step, **setting).data, y)


@pytest.mark.parametrize(("step", "target"), KERNELS)
@pytest.mark.parametrize(
    ("window", "value", "index"),
    [
        ([[1, 2], [2, 0]], 2, 1),
        ([[NAN, 5], [NAN, 9]], NAN, 0),
        ([[5, 9], [NAN, INF]], NAN, 2),
        ([[1, NAN], [NAN, INF]], NAN, 1),
        ([[-INF, -INF], [-INF, -INF]], -INF, 0),
        ([[-INF, -INF], [-INF, -3]], -3, 3),
        ([[INF, INF], [INF, INF]], INF, 0),
        ([[0.0, -0.0], [-0.0, 0.0]], 0, 0),
    ],
)
def test_ties_nan_and_infinity_by_the_table(step, target, window, value, index):
    _core.set_target(target)
    x = np.array(window, np.float32).reshape(1, 1, 2, 2)
    y, indices, grad_x = run(x, step, kernel_size=2)
    np.testing.assert_array_equal(y, np.full((1, 1, 1, 1), value, np.float32))
    assert indices.tolist() == [[[[index]]]]
    assert grad_x.ravel().tolist() == [float(i == index) for i in range(4)]


@pytest.mark.parametrize(("step", "target"), KERNELS)
def test_padding_is_never_chosen(step, target):
    _core.set_target(target)
    x = np.full((1, 1, 4, 4), -INF, np.float32)
    y, indices, grad_x = run(x, step, kernel_size=3, stride=2, padding=1)
    assert y.tolist() == [[[[-INF, -INF], [-INF, -INF]]]]
    assert indices.tolist() == [[[[0, 1], [4, 5]]]]  # the first pixel of each window
    assert grad_x.sum() == 4


@pytest.mark.parametrize(("step", "target"), KERNELS)
def test_a_window_of_padding_alone_yields_minus_infinity_and_no_gradient(step, target):
    _core.set_target(target)
    setting = dict(kernel_size=2, padding=1, dilation=4)
    y, indices, grad_x = run(np.ones((1, 1, 3, 3), np.float32), step, **setting)
    assert (y.tolist(), indices.tolist(), grad_x.any()) == ([[[[-INF]]]], [[[[-1]]]], False)


@given(pooling=ref.poolings(dilated=True))
def test_output_shape_is_the_documented_one(pooling):
    shape, setting = pooling
    rows, cols = ref.axes(shape, **setting)
    y = max_pool2d(np.zeros(shape, np.float32), **setting)
    assert y.shape == (*shape[:2], rows.count, cols.count)


@pytest.mark.parametrize("dtype", DTYPES)
@cases(30)
@given(pooling=ref.poolings(dilated=True), seed=st.integers(0, 2**32))
def test_bits_do_not_depend_on_the_number_of_threads(dtype, pooling, seed):
    shape, setting = pooling
    shape = (5, 7, *shape[2:])
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape).astype(dtype)
    y_shape = max_pool2d(x, **setting).shape
    grad_y = rng.standard_normal(y_shape).astype(dtype)
    results = []
    for threads in (1, 2, 3, 4):
        set_num_threads(threads)
        results.append([a.tobytes() for a in run(x, "auto", grad_y, **setting)])
    assert results[1:] == results[:1] * 3


@pytest.mark.parametrize("dtype", DTYPES)
def test_overlapping_gradients_are_rounded_sums_in_the_order_of_y(dtype):
    rng = np.random.default_rng(3)
    x = np.zeros((1, 1, 5, 5), dtype)
    x[0, 0, 2, 2] = 1  # all nine windows choose this pixel
    grad_y = rng.standard_normal((1, 1, 3, 3)).astype(dtype)
    expected = dtype(0)
    for g in grad_y.ravel():
        expected = dtype(expected + g)
    for step in ALGORITHMS:
        grad_x = run(x, step, grad_y, kernel_size=3, stride=1)[2]
        assert grad_x[0, 0, 2, 2] == expected


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("setting", [dict(kernel_size=2), dict(kernel_size=3, stride=2, padding=1)])
def test_every_layout_gives_the_bits_of_the_contiguous_array(dtype, setting):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 12, 18)).astype(dtype)
    grad_y = rng.standard_normal(max_pool2d(x, **setting).shape).astype(dtype)
    ref.assert_any_layout_gives_the_same_bits(
        lambda x, grad_y: run(x, "auto", grad_y, **setting), x, grad_y
    )


def test_three_dimensions_are_a_batch_of_one():
    x = ref.integers((3, 6, 8), np.float32, 0)
    y, indices, grad_x = run(x, "auto", kernel_size=2)
    batch = run(x[None], "auto", kernel_size=2)
    assert_same(y, batch[0][0])
    assert_same(indices, batch[1][0])
    assert_same(grad_x, batch[2][0])


def test_only_what_is_asked_for_is_returned_or_kept():
    x = np.ones((1, 1, 4, 4), np.float32)
    assert isinstance(max_pool2d(x, 2), Tensor)
    y, indices = max_pool2d(x, 2, return_indices=True)
    assert indices.dtype == np.int64
    assert not y.requires_grad
    assert max_pool2d(Tensor(x, requires_grad=True), 2).creator.argmax.dtype == np.uint8


def test_writing_to_the_indices_cannot_make_backward_leave_the_image():
    x = Tensor(np.ones((1, 1, 4, 4), np.float32), requires_grad=True)
    y, indices = max_pool2d(x, 2, return_indices=True)
    indices.data[0, 0, 0] = [10**12, -(10**12)]
    y.sum().backward()
    assert x.grad.sum() == 2


@pytest.mark.parametrize(
    ("shape", "setting", "message"),
    [
        ((1, 1, 4, 4), dict(kernel_size=0), "kernel_size must be at least 1, got 0"),
        ((1, 1, 4, 4), dict(kernel_size=2, stride=0), "stride must be at least 1, got 0"),
        ((1, 1, 4, 4), dict(kernel_size=2, padding=-1), "padding must be at least 0, got -1"),
        ((1, 1, 4, 4), dict(kernel_size=2, dilation=0), "dilation must be at least 1, got 0"),
        (
            (1, 1, 4, 4),
            dict(kernel_size=3, padding=2),
            r"padding must be at most kernel_size / 2 = 3 / 2 = 1, got 2",
        ),
        (
            (1, 1, 4, 4),
            dict(kernel_size=3, dilation=2),
            r"height: the window covers dilation \* \(kernel_size - 1\) \+ 1 = 5 pixels but the"
            r" padded input has only 4 \+ 2 \* 0 = 4",
        ),
        ((1, 1, 4, 3), dict(kernel_size=4), r"width: the window covers"),
        ((1, 0, 4, 4), dict(kernel_size=2), "channels must be at least 1, got 0"),
        ((1, 1, 0, 4), dict(kernel_size=2), "input height must be at least 1, got 0"),
        ((1, 1, 4, 0), dict(kernel_size=2), "input width must be at least 1, got 0"),
        ((4, 4), dict(kernel_size=2), r"x must have shape \(N, C, H, W\) or \(C, H, W\), got 2"),
        (
            (1, 1, 4, 4),
            dict(kernel_size=2, algorithm="fast"),
            "algorithm must be one of 'auto', 'direct', 'vector', got 'fast'",
        ),
        ((1, 1, 4, 4), dict(kernel_size=2, dilation=2**62), "does not fit in 64 bits|pixels but"),
        ((1, 1, 4, 4), dict(kernel_size=2**63), "kernel_size must fit in 64 bits"),
    ],
)
def test_errors_name_the_argument_and_the_rule(shape, setting, message):
    with pytest.raises(ValueError, match=r"^max_pool2d: .*(?:" + message + ")"):
        max_pool2d(np.zeros(shape, np.float32), **setting)


@pytest.mark.parametrize(
    ("x", "setting", "message"),
    [
        (np.zeros((1, 1, 4, 4), int), dict(kernel_size=2), "x must be float32 or float64, got int"),
        (np.zeros((1, 1, 4, 4)), dict(kernel_size=2.0), "kernel_size must be an int or two ints"),
        (np.zeros((1, 1, 4, 4)), dict(kernel_size=(2, 2, 2)), "kernel_size must be an int or two"),
        (np.zeros((1, 1, 4, 4)), dict(kernel_size=2, ceil_mode=1), "ceil_mode must be True or"),
        (np.zeros((1, 1, 4, 4)), dict(kernel_size=2, relu=1), "relu must be True or False, got 1"),
        (np.zeros((1, 1, 4, 4)), dict(kernel_size=2, return_indices="y"), "return_indices must be"),
    ],
)
def test_wrong_types_are_type_errors(x, setting, message):
    with pytest.raises(TypeError, match=f"^max_pool2d: {message}"):
        max_pool2d(x, **setting)


@given(
    values=st.lists(
        st.sampled_from([0, 1, 2, 3, 2**31 - 1, 2**31 + 1, 2**61, 2**62, 2**63 - 1, -1]),
        min_size=8,
        max_size=8,
    ),
    ceil_mode=st.booleans(),
    step=st.sampled_from(ALGORITHMS),
)
def test_hostile_settings_end_at_once_with_a_result_or_an_error(values, ceil_mode, step):
    names = ("kernel_size", "stride", "padding", "dilation")
    setting = {name: tuple(values[2 * i : 2 * i + 2]) for i, name in enumerate(names)}
    x = ref.integers((1, 2, 5, 6), np.float32, 0)
    try:
        y, indices, grad_x = run(x, step, ceil_mode=ceil_mode, **setting)
    except ValueError as error:
        message = str(error)
    else:
        message = "max_pool2d: "
        sizes = zip(x.shape[2:], *setting.values())
        assert y.shape[2:] == tuple(ref.documented_size(*s, ceil_mode) for s in sizes)
        assert grad_x.sum() == (indices >= 0).sum()
    assert message.startswith("max_pool2d: ")


@pytest.mark.skipif(sys.platform != "linux", reason="needs mprotect")
def test_no_input_is_read_outside_of_its_memory():
    script = Path(__file__).parents[1] / "guarded_pool.py"
    run = subprocess.run([sys.executable, script, "max_pool2d"], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "no read outside of the arrays\n"), run.stderr
