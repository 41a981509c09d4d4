"""avg_pool2d against its definition in NumPy (tests/reference_pool.py)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Tensor, _core, set_num_threads
from minicnn.ops.avg_pool2d import ALGORITHMS, avg_pool2d
from tests import reference_pool as ref
from tests.machine import cases, kernels_of

KERNELS = kernels_of(ALGORITHMS)
DTYPES = [np.float32, np.float64]
DIVISORS = st.sampled_from([None, None, None, 1, 3, 4, -5, 9])


def run(x, step="auto", grad_y=None, **setting):
    """Return y and grad_x (for grad_y, or for ones) of one step of the ladder."""
    t = Tensor(x, requires_grad=True)
    y = avg_pool2d(t, algorithm=step, **setting)
    y.backward(np.ones_like(y.data) if grad_y is None else grad_y)
    return y.data, t.grad


def assert_close(got, expected, condition, dtype):
    """Fail unless `got` is within 8 eps * condition (the sum of |terms|) of `expected`."""
    assert got.dtype == dtype
    assert got.shape == expected.shape
    allowed = 8 * np.finfo(dtype).eps * condition
    assert (np.abs(got - expected) <= allowed).all()


@pytest.mark.parametrize(("step", "target"), KERNELS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("window", [name for name in ref.RARE_WINDOWS if "inside" not in name])
@pytest.mark.parametrize("divisor", [(True, None), (False, None), (False, 4)])
def test_rare_windows_give_the_quotient_rounded_once(step, target, dtype, window, divisor):
    _core.set_target(target)
    shape, settings = ref.RARE_WINDOWS[window]
    setting = {name: settings[name] for name in ref.WINDOW_SETTINGS}
    setting |= dict(zip(("count_include_pad", "divisor_override"), divisor))
    x = ref.integers(shape, dtype, seed=0)
    got_y, grad_x = run(x, step, **setting)
    y = ref.avg_pool2d(x, **setting)
    np.testing.assert_array_equal(got_y, y.astype(dtype))
    expected = ref.avg_pool2d_backward(np.ones_like(got_y), shape, **setting)
    assert_close(grad_x, expected, np.abs(expected), dtype)


@pytest.mark.parametrize(("step", "target"), KERNELS)
@pytest.mark.parametrize("dtype", DTYPES)
@given(
    pooling=ref.poolings(dilated=False),
    seed=st.integers(0, 2**32),
    count_include_pad=st.booleans(),
    divisor_override=DIVISORS,
)
def test_integers_give_the_quotient_rounded_once(
    step, target, dtype, pooling, seed, count_include_pad, divisor_override
):
    _core.set_target(target)
    shape, setting = pooling
    setting |= dict(count_include_pad=count_include_pad, divisor_override=divisor_override)
    x = ref.integers(shape, dtype, seed, span=99)
    y = ref.avg_pool2d(x, **setting).astype(dtype)
    got_y, _ = run(x, step, **setting)
    assert got_y.dtype == dtype
    np.testing.assert_array_equal(got_y, y)
    # gradients that every divisor divides, so that the shares are integers and their sums exact
    rows, cols = ref.axes(shape, **{k: setting[k] for k in ref.WINDOW_SETTINGS})
    share = np.random.default_rng(seed).integers(-9, 10, y.shape)
    grad_y = share * ref.divisors(rows, cols, count_include_pad, divisor_override)
    _, grad_x = run(x, step, grad_y.astype(dtype), **setting)
    assert grad_x.dtype == dtype
    np.testing.assert_array_equal(grad_x, ref.avg_pool2d_backward(grad_y, shape, **setting))


@pytest.mark.parametrize(("step", "target"), KERNELS)
@pytest.mark.parametrize("dtype", DTYPES)
@given(
    pooling=ref.poolings(dilated=False),
    seed=st.integers(0, 2**32),
    count_include_pad=st.booleans(),
    divisor_override=DIVISORS,
)
def test_real_numbers_agree_with_the_definition_to_rounding(
    step, target, dtype, pooling, seed, count_include_pad, divisor_override
):
    _core.set_target(target)
    shape, setting = pooling
    setting |= dict(count_include_pad=count_include_pad, divisor_override=divisor_override)
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape).astype(dtype)
    y = ref.avg_pool2d(x, **setting)
    grad_y = rng.standard_normal(y.shape).astype(dtype)
    got_y, grad_x = run(x, step, grad_y, **setting)
    assert_close(got_y, y, np.abs(ref.avg_pool2d(np.abs(x), **setting)), dtype)
    if divisor_override is None or divisor_override > 0:
        condition = ref.avg_pool2d_backward(np.abs(grad_y), shape, **setting)
        assert_close(grad_x, ref.avg_pool2d_backward(grad_y, shape, **setting), condition, dtype)


@pytest.mark.parametrize(("step", "target"), KERNELS)
@pytest.mark.parametrize("width", [2, 4, 12, 70])
@pytest.mark.parametrize("divisor", [None, 3, 7, -5])
def test_the_commonest_windows_give_the_quotient_rounded_once(step, target, width, divisor):
    """2x2 with stride 2, for which there are kernels of their own; 1/3 times a sum rounds twice."""
    _core.set_target(target)
    setting = dict(kernel_size=(2, 2), stride=(2, 2), padding=(0, 0), divisor_override=divisor)
    x = ref.integers((3, 2, 6, width), np.float32, seed=width, span=99)
    expected = ref.avg_pool2d(x, **setting)
    grad_y = ref.integers(expected.shape, np.float32, seed=1, span=99)
    got_y, grad_x = run(x, step, grad_y, **setting)
    np.testing.assert_array_equal(got_y, expected.astype(np.float32))
    expected = ref.avg_pool2d_backward(grad_y, x.shape, **setting)
    np.testing.assert_array_equal(grad_x, expected.astype(np.float32))


@pytest.mark.parametrize(("step", "target"), KERNELS)
def test_nan_and_infinity_stay_in_the_windows_that_hold_them(step, target):
    _core.set_target(target)
    for setting in (dict(kernel_size=2), dict(kernel_size=3, stride=2, padding=1)):
        x = np.ones((1, 2, 8, 40), np.float32)
        x[0, 0, 2, 7], x[0, 1, 5, 30], x[0, 1, 0, 3] = np.nan, np.inf, -np.inf
        pairs = {k: (v, v) for k, v in setting.items()}
        expected = ref.avg_pool2d(x, **dict(dict(stride=(2, 2), padding=(0, 0)), **pairs))
        np.testing.assert_array_equal(run(x, step, **setting)[0], expected.astype(np.float32))


def test_the_borders_divide_by_what_the_settings_say():
    x = np.ones((1, 1, 3, 3), np.float32)
    for step in ALGORITHMS:
        run_step = dict(kernel_size=2, stride=2, padding=1, algorithm=step)
        assert avg_pool2d(x, **run_step).tolist() == [[[[0.25, 0.5], [0.5, 1.0]]]]
        assert avg_pool2d(x, **run_step, count_include_pad=False).tolist() == [[[[1, 1], [1, 1]]]]
        assert avg_pool2d(x, **run_step, divisor_override=1).tolist() == [[[[1, 2], [2, 4]]]]
        # past the end of the padded image nothing is counted, whatever count_include_pad says
        assert avg_pool2d(x, 2, 2, 0, True, algorithm=step).tolist() == [[[[1, 1], [1, 1]]]]


@given(pooling=ref.poolings(dilated=False))
def test_output_shape_is_the_documented_one(pooling):
    shape, setting = pooling
    rows, cols = ref.axes(shape, **setting)
    y = avg_pool2d(np.zeros(shape, np.float32), **setting)
    assert y.shape == (*shape[:2], rows.count, cols.count)


@pytest.mark.parametrize("dtype", DTYPES)
@cases(30)
@given(pooling=ref.poolings(dilated=False), seed=st.integers(0, 2**32))
def test_bits_do_not_depend_on_the_number_of_threads(dtype, pooling, seed):
    shape, setting = pooling
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((5, 7, *shape[2:])).astype(dtype)
    grad_y = rng.standard_normal(avg_pool2d(x, **setting).shape).astype(dtype)
    results = []
    for threads in (1, 2, 3, 4):
        set_num_threads(threads)
        results.append([a.tobytes() for a in run(x, "auto", grad_y, **setting)])
    assert results[1:] == results[:1] * 3


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("setting", [dict(kernel_size=2), dict(kernel_size=3, stride=2, padding=1)])
def test_every_layout_gives_the_bits_of_the_contiguous_array(dtype, setting):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 12, 18)).astype(dtype)
    grad_y = rng.standard_normal(avg_pool2d(x, **setting).shape).astype(dtype)
    ref.assert_any_layout_gives_the_same_bits(
        lambda x, grad_y: run(x, "auto", grad_y, **setting), x, grad_y
    )


def test_three_dimensions_are_a_batch_of_one():
    x = ref.integers((3, 6, 8), np.float32, 0)
    for got, batch in zip(run(x, kernel_size=2), run(x[None], kernel_size=2)):
        np.testing.assert_array_equal(got, batch[0])


def test_a_window_of_a_million_pixels_is_summed_without_a_growing_error():
    x = np.random.default_rng(0).random((1, 1, 1000, 1100), np.float32)
    for step in ALGORITHMS:
        mean = avg_pool2d(x, (1000, 1100), algorithm=step).item()
        assert abs(mean - x.mean(dtype=np.float64)) < 1e-7


@pytest.mark.parametrize(
    ("shape", "setting", "message"),
    [
        ((1, 1, 4, 4), dict(kernel_size=(2, 0)), "kernel_size must be at least 1, got 0"),
        ((1, 1, 4, 4), dict(kernel_size=2, stride=0), "stride must be at least 1, got 0"),
        ((1, 1, 4, 4), dict(kernel_size=2, padding=-1), "padding must be at least 0, got -1"),
        (
            (1, 1, 4, 4),
            dict(kernel_size=3, padding=2),
            r"padding must be at most kernel_size / 2 = 3 / 2 = 1, got 2",
        ),
        (
            (1, 1, 4, 4),
            dict(kernel_size=5),
            r"height: the window covers dilation \* \(kernel_size - 1\) \+ 1 = 5 pixels but the"
            r" padded input has only 4 \+ 2 \* 0 = 4",
        ),
        ((1, 0, 4, 4), dict(kernel_size=2), "channels must be at least 1, got 0"),
        ((1, 1, 0, 4), dict(kernel_size=2), "input height must be at least 1, got 0"),
        ((4, 4), dict(kernel_size=2), r"x must have shape \(N, C, H, W\) or \(C, H, W\), got 2"),
        ((1, 1, 4, 4), dict(kernel_size=2, divisor_override=0), "divisor_override must not be 0"),
        (
            (1, 1, 4, 4),
            dict(kernel_size=2, algorithm="fast"),
            "algorithm must be one of 'auto', 'direct', 'vector', got 'fast'",
        ),
    ],
)
def test_errors_name_the_argument_and_the_rule(shape, setting, message):
    with pytest.raises(ValueError, match="^avg_pool2d: " + message):
        avg_pool2d(np.zeros(shape, np.float32), **setting)


@pytest.mark.parametrize(
    ("x", "setting", "message"),
    [
        (np.zeros((1, 1, 4, 4), int), dict(kernel_size=2), "x must be float32 or float64, got int"),
        (np.zeros((1, 1, 4, 4)), dict(kernel_size="2"), "kernel_size must be an int or two ints"),
        (np.zeros((1, 1, 4, 4)), dict(kernel_size=2, ceil_mode=0), "ceil_mode must be True or"),
        (np.zeros((1, 1, 4, 4)), dict(kernel_size=2, count_include_pad=None), "count_include_pad"),
        (
            np.zeros((1, 1, 4, 4)),
            dict(kernel_size=2, divisor_override=2.5),
            "divisor_override must",
        ),
    ],
)
def test_wrong_types_are_type_errors(x, setting, message):
    with pytest.raises(TypeError, match=f"^avg_pool2d: {message}"):
        avg_pool2d(x, **setting)


@given(
    values=st.lists(
        st.sampled_from([0, 1, 2, 3, 2**31 - 1, 2**31 + 1, 2**61, 2**62, 2**63 - 1, -1]),
        min_size=6,
        max_size=6,
    ),
    ceil_mode=st.booleans(),
    step=st.sampled_from(ALGORITHMS),
)
def test_hostile_settings_end_at_once_with_a_result_or_an_error(values, ceil_mode, step):
    names = ("kernel_size", "stride", "padding")
    setting = {name: tuple(values[2 * i : 2 * i + 2]) for i, name in enumerate(names)}
    x = ref.integers((1, 2, 5, 6), np.float32, 0)
    try:
        y, grad_x = run(x, step, ceil_mode=ceil_mode, **setting)
    except ValueError as error:
        message = str(error)
    else:
        message = "avg_pool2d: "
        sizes = zip(x.shape[2:], *setting.values())
        expected = tuple(ref.documented_size(*s, 1, ceil_mode) for s in sizes)
        assert y.shape[2:] == expected
        assert np.isfinite(y).all()
        assert np.isfinite(grad_x).all()
    assert message.startswith("avg_pool2d: ")


@pytest.mark.skipif(sys.platform != "linux", reason="needs mprotect")
def test_no_input_is_read_outside_of_its_memory():
    script = Path(__file__).parents[1] / "guarded_pool.py"
    run = subprocess.run([sys.executable, script, "avg_pool2d"], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "no read outside of the arrays\n"), run.stderr
