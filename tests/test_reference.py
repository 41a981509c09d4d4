"""The oracles and comparisons that other tests trust, tested against SciPy and by hand."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.signal import correlate2d

from minicnn import Tensor
from tests import reference
from tests.machine import cases
from tests.reference import assert_close, assert_exact, assert_follows, assert_same_bits
from tests.strategies import AWKWARD, Conv2dCase, conv2d_cases


def scipy_conv2d(x, weight, bias, stride, padding, dilation, groups):
    """conv2d by SciPy: dilate the kernel, pad the image, correlate, keep each stride-th value."""
    (sh, sw), (ph, pw), (dh, dw) = stride, padding, dilation
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    C_out, C_group, K_h, K_w = weight.shape
    dilated = np.zeros((C_out, C_group, dh * (K_h - 1) + 1, dw * (K_w - 1) + 1), weight.dtype)
    dilated[:, :, ::dh, ::dw] = weight
    planes = []
    for image in x:
        for co in range(C_out):
            first = co // (C_out // groups) * C_group
            sums = [correlate2d(image[first + c], dilated[co, c], "valid") for c in range(C_group)]
            planes.append(sum(sums)[::sh, ::sw] + bias[co])
    return np.reshape(planes, (len(x), C_out, *planes[0].shape))


@given(case=conv2d_cases().filter(lambda case: case.N > 0))
@cases(100)
def test_conv2d_equals_scipy(case):
    x, weight, bias, _ = case.integers()
    expected = scipy_conv2d(x, weight, bias, **case.options)
    np.testing.assert_array_equal(reference.conv2d(x, weight, bias, **case.options), expected)


@given(case=conv2d_cases())
@cases(30)
def test_conv2d_gradients_are_differences(case):
    """conv2d is linear in x and in weight, so a difference of two integer results is exact."""
    x, weight, bias, grad_y = case.integers()
    expected = reference.conv2d_all(x, weight, bias, grad_y, **case.options)
    rng = np.random.default_rng(case.seed)

    def loss():
        return np.sum(grad_y * reference.conv2d(x, weight, bias, **case.options))

    for name, array in (("grad_x", x), ("grad_weight", weight), ("grad_bias", bias)):
        for i in rng.integers(0, max(array.size, 1), 5 if array.size else 0):
            before = loss()
            array.flat[i] += 1
            assert loss() - before == expected[name].flat[i]
            array.flat[i] -= 1


def test_every_awkward_kind_is_drawn_often():
    counts: Counter[str] = Counter()

    @given(case=conv2d_cases())
    @settings(cases(600), derandomize=True)
    def count(case):
        counts.update(["all"])
        counts.update(name for name, holds in AWKWARD.items() if holds(case))

    count()
    rare = {name: counts[name] for name in AWKWARD if counts[name] < 0.05 * counts["all"]}
    assert not rare, f"of {counts['all']} cases"


def test_a_case_prints_the_line_that_makes_it_again():
    case = Conv2dCase(2, 3, 4, (5, 6), (3, 3), stride=(2, 1), seed=7)
    assert eval(repr(case)) == case
    assert [a.shape for a in case.integers()] == [(2, 3, 5, 6), (4, 3, 3, 3), (4,), (2, 4, 2, 4)]


one = np.array([1.0, 2.0])


@pytest.mark.parametrize(
    ("actual", "message"),
    [
        (np.array([1.0, np.nan]), "1 of 2 values are too far off; the first at .1,.: got .*nan"),
        (np.array([1.0, np.inf]), "1 of 2 values"),
        (np.array([1.0, 2.0], np.float32), "dtype float32, expected"),
        (np.array([[1.0, 2.0]]), r"shape \(1, 2\), expected \(2,\)"),
        (np.array([1.0, 2.0 + 9e-15]), "too far off"),
        ([1.0, 2.0], "an ndarray was expected"),
    ],
)
def test_assert_close_fails(actual, message):
    with pytest.raises(AssertionError, match=message):
        assert_close(actual, one, cond=np.abs(one), dtype=np.float64)


def test_assert_close_allows_the_rounding_of_what_was_added():
    assert_close(one + 8 * 2.0**-52 * np.array([1.0, 2.0]), one, cond=np.abs(one), dtype=np.float64)
    assert_close(one + 1e-13, one, cond=1000 * np.abs(one), dtype=np.float64)
    with pytest.raises(AssertionError, match="oracle itself"):
        assert_close(one, one * np.nan, cond=one, dtype=np.float64)


def test_assert_exact_fails_on_any_difference():
    expected = np.array([1, 2])
    assert_exact(one, expected, np.float64)
    for actual in (
        one + np.array([0, 4e-15]),
        np.array([1.0, np.nan]),
        one.astype(np.float32),
        one[None],
    ):
        with pytest.raises(AssertionError):
            assert_exact(actual, expected, np.float64)


def test_assert_same_bits_tells_minus_zero_from_zero():
    assert_same_bits(np.array([np.nan, 0.0]), np.array([np.nan, 0.0]))
    with pytest.raises(AssertionError, match="1 of 2 values have other bits"):
        assert_same_bits(np.array([1.0, -0.0]), np.array([1.0, 0.0]))
    with pytest.raises(AssertionError, match="dtype"):
        assert_same_bits(one.astype(np.float32), one)


def test_assert_follows_fails_beyond_the_roundings_and_on_nan_dtype_and_shape():
    x = np.array([1.0, 2.0], np.float32)
    assert_follows(lambda x: Tensor(x * x), np.square, x, roundings=1)
    for op in (
        lambda x: Tensor(x * x * np.float32(1 + 1e-6)),
        lambda x: Tensor(x * np.float32(np.nan)),
        lambda x: Tensor(x.astype(np.float64) ** 2),
        lambda x: Tensor((x * x)[None]),
    ):
        with pytest.raises(AssertionError):
            assert_follows(op, np.square, x, roundings=1)
