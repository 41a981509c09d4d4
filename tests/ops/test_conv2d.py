"""Every step of conv2d, on every instruction set, against the definition in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minicnn import Tensor, _core
from minicnn.ops.conv2d import conv2d
from minicnn.ops.relu import relu
from tests import reference
from tests.machine import TARGETS, THREADS, cases, running_on, using_threads
from tests.reference import assert_close, assert_exact, assert_same_bits
from tests.strategies import Conv2dCase, conv2d_cases

PASSES = ("y", "grad_x", "grad_weight", "grad_bias")
EXACT = ("direct", "im2col", "tiled", "strip")  # they add the products of the definition, no others
WIDER = {"float32": np.float64, "float64": np.longdouble}
DTYPES = st.sampled_from(sorted(WIDER))

# Several tasks for each thread in every step, and leftover rows, columns and channels.
BIG = Conv2dCase(17, 13, 19, (13, 15), (3, 3), padding=(1, 1))
WIDE = Conv2dCase(2, 3, 5, (21, 19), (3, 3), padding=(1, 1))  # several strips of one image
LARGE = Conv2dCase(2, 5, 4, (33, 35), (3, 3), padding=(1, 1))  # more than 1024 positions
# Output channels that fill whole vectors: two groups with zeros around the image, several strips of
# rows (whose vectors overlap), and an image that is read where it lies.
GROUPED = Conv2dCase(2, 24, 64, (19, 11), (3, 3), stride=(2, 2), padding=(1, 1), groups=2)
STRIPS = Conv2dCase(3, 9, 32, (30, 20), (3, 3), stride=(2, 1), padding=(1, 1))
# Padding beyond the kernel's reach: the gradient of x leaves a border of grad_y out.
BEYOND = Conv2dCase(1, 32, 32, (5, 6), (3, 3), padding=(4, 3))
IN_PLACE = Conv2dCase(2, 16, 48, (40, 23), (3, 2), stride=(1, 2), dilation=(2, 1))
LONG = Conv2dCase(3, 70, 37, (40, 11), (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2))


def steps_for(case: Conv2dCase, dtype: str) -> list[str]:
    """Return the steps that can compute this case."""
    x, weight, *_ = case.shapes
    return _core.conv2d_algorithms_for(x, weight, **case.options, dtype=dtype)


def compute(
    case: Conv2dCase, arrays: list[np.ndarray], step: str, relu: bool = False
) -> dict[str, np.ndarray]:
    """Return y and the three gradients by one step of the ladder; with y after ReLU if asked."""
    x, weight, bias, grad_y = arrays
    if relu:
        settings = dict(**case.options, relu=True, algorithm=step)
        return {"y": _core.conv2d_forward(x, weight, bias, **settings)}
    inputs = [Tensor(a, requires_grad=True) for a in (x, weight, bias)]
    y = conv2d(*inputs, **case.options, algorithm=step)
    y.backward(grad_y)
    return dict(zip(PASSES, [y.data, *(t.grad for t in inputs)]))


def oracle(
    case: Conv2dCase, arrays: list[np.ndarray], wide: Any
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the expected results in a wider dtype, and their conds."""
    precise = [a.astype(wide) for a in arrays]
    expected = reference.conv2d_all(*precise, **case.options)
    return expected, reference.conv2d_all(*[abs(a) for a in precise], **case.options)


@given(case=conv2d_cases())
@example(case=BIG)
@example(case=WIDE)
@example(case=LARGE)
@example(case=GROUPED)
@example(case=STRIPS)
@example(case=IN_PLACE)
@example(case=BEYOND)
@example(case=LONG)
@cases(150, most=1500)
def test_steps_are_exact_on_integers(case):
    integers = case.integers()
    expected = reference.conv2d_all(*integers, **case.options)
    for dtype in WIDER:
        arrays = [a.astype(dtype) for a in integers]
        for target in TARGETS:
            with running_on(target):
                for step in EXACT:
                    label = f"{step} {target} {dtype}"
                    for name, actual in compute(case, arrays, step).items():
                        assert_exact(actual, expected[name], dtype, f"{label} {name}")
                    actual = compute(case, arrays, step, relu=True)["y"]
                    assert_exact(actual, np.maximum(expected["y"], 0), dtype, f"{label} relu")


@given(case=conv2d_cases(), dtype=DTYPES)
@example(case=BIG, dtype="float32")
@example(case=LONG, dtype="float32")
@cases(150, most=1500)
def test_steps_round_little(case, dtype):
    """At most 8 roundings of the sum of absolute values, on normally distributed data."""
    arrays = [a.astype(dtype) for a in case.floats()]
    expected, cond = oracle(case, arrays, WIDER[dtype])
    for target in TARGETS:
        with running_on(target):
            for step in EXACT:
                label = f"{step} {target} {dtype}"
                for name, actual in compute(case, arrays, step).items():
                    assert_close(actual, expected[name], cond[name], dtype, f"{label} {name}")
                actual = compute(case, arrays, step, relu=True)["y"]
                rectified = np.maximum(expected["y"], 0)
                assert_close(actual, rectified, cond["y"], dtype, f"{label} relu")


@given(case=conv2d_cases(), dtype=DTYPES)
@example(case=BIG, dtype="float32")
@example(case=LONG, dtype="float32")
@example(case=LONG, dtype="float64")
@example(case=STRIPS, dtype="float32")
@cases(40, most=400)
def test_bits_do_not_depend_on_the_number_of_threads(case, dtype):
    arrays = [a.astype(dtype) for a in case.floats()]
    for target in TARGETS:
        with running_on(target):
            for step in steps_for(case, dtype):
                with using_threads(1):
                    alone = compute(case, arrays, step)
                for threads in THREADS[1:]:
                    with using_threads(threads):
                        together = compute(case, arrays, step)
                    for name in PASSES:
                        label = f"{step} {target} {dtype} {name}, {threads} threads"
                        assert_same_bits(together[name], alone[name], label)


@given(case=conv2d_cases(), dtype=DTYPES)
@example(case=GROUPED, dtype="float32")
@example(case=BIG, dtype="float32")
@cases(40, most=400)
def test_a_gradient_that_is_there_already_is_added_last(case, dtype):
    _, weight, _, grad_y = (a.astype(dtype) for a in case.floats())
    shape = case.shapes[0]
    onto = np.random.default_rng(case.seed).standard_normal(shape).astype(dtype)
    for target in TARGETS:
        with running_on(target):
            for step in steps_for(case, dtype):
                settings = dict(**case.options, x_shape=shape, algorithm=step)
                expected = onto + _core.conv2d_backward_input(grad_y, weight, **settings)
                actual = _core.conv2d_backward_input(grad_y, weight, onto, **settings)
                assert_same_bits(actual, expected, f"{step} {target} {dtype}")


@given(case=conv2d_cases().filter(lambda case: case.N > 0), dtype=DTYPES)
@example(case=BIG, dtype="float32")
@cases(60, most=600)
def test_gradients_are_adjoint_to_the_forward_pass(case, dtype):
    """<conv2d(x, w), g> = <x, grad_x(g)> = <w, grad_weight(g)>: no oracle needed."""
    x, weight, bias, grad_y = (a.astype(dtype) for a in case.floats())
    wide, zero = WIDER[dtype], np.zeros_like(bias)
    magnitude = reference.conv2d(abs(x.astype(wide)), abs(weight.astype(wide)), **case.options)
    allowed = 8 * np.finfo(dtype).eps * float(np.vdot(magnitude, abs(grad_y.astype(wide))))
    for target in TARGETS:
        with running_on(target):
            for step in EXACT:
                got = compute(case, [x, weight, zero, grad_y], step)
                forward = np.vdot(got["y"].astype(wide), grad_y.astype(wide))
                by_x = np.vdot(x.astype(wide), got["grad_x"].astype(wide))
                by_weight = np.vdot(weight.astype(wide), got["grad_weight"].astype(wide))
                assert abs(by_x - forward) <= allowed, f"{step} {target} grad_x"
                assert abs(by_weight - forward) <= allowed, f"{step} {target} grad_weight"


@given(case=conv2d_cases(), dtype=DTYPES)
@cases(40, most=400)
def test_relu_in_the_same_pass_gives_the_bits_of_two_operations(case, dtype):
    """y and all gradients; with NaN in x, which ReLU keeps and whose gradient it passes."""
    x, weight, bias, grad_y = (a.astype(dtype) for a in case.floats())
    x.reshape(-1)[::97] = np.nan
    for target in TARGETS:
        with running_on(target):
            for step in steps_for(case, dtype):
                got = []
                for fused in (True, False):
                    inputs = [Tensor(a, requires_grad=True) for a in (x, weight, bias)]
                    y = conv2d(*inputs, **case.options, relu=fused, algorithm=step)
                    y = y if fused else relu(y)
                    y.backward(grad_y)
                    got.append([y.data, *(t.grad for t in inputs)])
                for name, one, two in zip(PASSES, *got):
                    np.testing.assert_array_equal(one, two, f"{step} {target} {name}")


@given(case=conv2d_cases())
@cases(200, most=2000)
def test_the_output_has_the_size_of_the_formula(case):
    """floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1 along each axis."""
    x, weight, *_ = (np.ones(shape, np.float32) for shape in case.shapes)
    size = [
        (case.image[a] + 2 * case.padding[a] - case.dilation[a] * (case.kernel[a] - 1) - 1)
        // case.stride[a]
        + 1
        for a in (0, 1)
    ]
    assert conv2d(x, weight, **case.options).shape == (case.N, case.C_out, *size)


@given(case=conv2d_cases(), dtype=DTYPES)
@cases(100, most=1000)
def test_auto_is_one_of_the_steps_that_serve(case, dtype):
    x, weight, *_ = case.shapes
    chosen = _core.conv2d_auto_algorithm(x, weight, **case.options, dtype=dtype)
    serving = steps_for(case, dtype)
    assert chosen in serving
    assert set(EXACT) <= set(serving)
    arrays = [a.astype(dtype) for a in case.floats()]
    by_name, by_auto = compute(case, arrays, chosen), compute(case, arrays, "auto")
    for name in PASSES:
        assert_same_bits(by_auto[name], by_name[name], f"{chosen} {name}")


def test_an_empty_batch_has_empty_results_and_zero_gradients(target):
    case = Conv2dCase(0, 12, 16, (6, 7), (3, 3), padding=(1, 1))
    for dtype in WIDER:
        arrays = [a.astype(dtype) for a in case.floats()]
        for step in steps_for(case, dtype):
            got = compute(case, arrays, step)
            assert_exact(got["y"], np.zeros((0, 16, 6, 7)), dtype, step)
            assert_exact(got["grad_x"], np.zeros((0, 12, 6, 7)), dtype, step)
            assert_exact(got["grad_weight"], np.zeros((16, 12, 3, 3)), dtype, step)
            assert_exact(got["grad_bias"], np.zeros(16), dtype, step)


@pytest.mark.parametrize("dtype", sorted(WIDER))
def test_gradients_only_of_what_asks_for_them(dtype):
    x, weight, bias, grad_y = (a.astype(dtype) for a in BIG.floats())
    x, bias = Tensor(x), Tensor(bias)
    weight = Tensor(weight, requires_grad=True)
    conv2d(x, weight, bias, **BIG.options).backward(grad_y)
    assert x.grad is None
    assert bias.grad is None
    assert weight.grad.shape == weight.shape
