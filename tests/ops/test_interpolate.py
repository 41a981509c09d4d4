"""interpolate against torch's documented coordinates, one pixel at a time, and numpy.interp."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn.ops.interpolate import interpolate
from tests.central_differences import assert_gradients

SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9))


def linear(x, size, corners, axis):
    """Return x resized along `axis`: numpy.interp holds the ends, as torch clamps coordinates."""
    n = x.shape[axis]
    if corners:
        places = np.linspace(0, n - 1, size) if size > 1 else np.zeros(1)
    else:
        places = (np.arange(size) + 0.5) * n / size - 0.5
    return np.apply_along_axis(lambda row: np.interp(places, np.arange(n), row), axis, x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(sizes=SIZES, new=SIZES, corners=st.booleans(), seed=st.integers(0, 2**32))
def test_bilinear_equals_numpy_interp_along_both_axes(dtype, sizes, new, corners, seed):
    x = np.random.default_rng(seed).standard_normal((2, 3, *sizes)).astype(dtype)
    y = interpolate(x, new, mode="bilinear", align_corners=corners)
    assert y.dtype == dtype
    assert y.shape == (2, 3, *new)
    expected = linear(linear(x.astype(float), new[0], corners, 2), new[1], corners, 3)
    allowed = 16 * np.finfo(dtype).eps * abs(x).max()
    np.testing.assert_allclose(y.data, expected, rtol=0, atol=allowed)


@given(sizes=SIZES, new=SIZES)
def test_nearest_takes_the_pixel_that_covers_the_start_of_the_output_pixel(sizes, new):
    x = np.arange(np.prod(sizes)).reshape(1, 1, *sizes).astype(np.float32)
    y = interpolate(x, new).data
    for h, w in np.ndindex(*new):
        source = (
            math.floor(Fraction(h * sizes[0], new[0])),
            math.floor(Fraction(w * sizes[1], new[1])),
        )
        assert y[0, 0, h, w] == x[(0, 0, *source)]


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
def test_a_scale_factor_sets_size_and_coordinates(mode):
    x = np.random.default_rng(0).standard_normal((1, 2, 4, 6))
    twice = interpolate(x, scale_factor=2, mode=mode)
    np.testing.assert_array_equal(twice.data, interpolate(x, (8, 12), mode=mode).data)
    uneven = interpolate(x, scale_factor=(0.5, 1.5), mode=mode)
    np.testing.assert_allclose(uneven.data, interpolate(x, (2, 9), mode=mode).data, rtol=1e-12)
    # 7 * 0.4 = 2.8 gives 2 pixels, each 1 / 0.4 = 2.5 wide, not 7 / 2 = 3.5
    row = np.arange(7.0).reshape(1, 1, 7)
    assert interpolate(row, scale_factor=0.4).tolist() == [[[0, 2]]]
    assert interpolate(row, scale_factor=0.4, mode="linear").tolist() == [[[0.75, 3.25]]]


@pytest.mark.parametrize("new", [(1, 1), (2, 3), (4, 5), (7, 6), (3, 9)])
@pytest.mark.parametrize(
    "setting", [{}, dict(mode="bilinear"), dict(mode="bilinear", align_corners=True)]
)
def test_gradients_equal_central_differences(new, setting):
    x = np.random.default_rng(0).standard_normal((2, 1, 4, 5))
    assert_gradients(lambda t: interpolate(t, new, **setting), x)


def test_the_same_size_changes_nothing_and_a_batch_may_be_empty():
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 4)).astype(np.float32)
    for setting in ({}, dict(mode="bilinear"), dict(mode="bilinear", align_corners=True)):
        np.testing.assert_array_equal(interpolate(x, (5, 4), **setting).data, x)
        assert interpolate(x[:0], (9, 2), **setting).shape == (0, 3, 9, 2)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({}, "exactly one of size and scale_factor must be given"),
        (dict(size=2, scale_factor=2), "exactly one of size and scale_factor must be given"),
        (dict(size=(1, 2, 3)), r"size must be a number or 2 of them, got \(1, 2, 3\)"),
        (dict(size=0), "the output would have 0 pixels along one axis"),
        (dict(size=2**62), "the output would have 4611686018427387904 pixels along one axis"),
        (dict(scale_factor=-1), "scale_factor must be positive, got -1"),
        (dict(scale_factor=1e300), "the output would have"),
        (dict(size=2, mode="cubic"), "mode must be one of"),
        (dict(size=2, mode="linear"), "mode='linear' is for 1 axes of pixels, got x with shape"),
        (dict(size=2, align_corners=False), "align_corners is only for the linear and cubic"),
    ],
)
def test_errors_name_the_argument(setting, message):
    with pytest.raises(ValueError, match="^interpolate: " + message):
        interpolate(np.zeros((1, 1, 4, 4)), **setting)


def test_wrong_types_are_type_errors():
    with pytest.raises(TypeError, match=r"^interpolate: size must be an int, got 2\.5"):
        interpolate(np.zeros((1, 1, 4, 4)), 2.5)
    with pytest.raises(TypeError, match=r"^interpolate: x must be float32 or float64, got int64"):
        interpolate(np.zeros((1, 1, 4, 4), int), 2)


# -- cubic, exact and area ------------------------------------------------------------------------


@given(sizes=SIZES, new=SIZES, corners=st.booleans(), seed=st.integers(0, 2**32))
def test_bicubic_sums_16_pixels_by_keys_kernel(sizes, new, corners, seed):
    x = np.random.default_rng(seed).standard_normal((1, 2, *sizes))

    def kernel(d):
        d = abs(d)
        if d <= 1:
            return 1.25 * d**3 - 2.25 * d**2 + 1
        return -0.75 * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else 0.0

    expected = x
    for axis in (0, 1):
        n, size = sizes[axis], new[axis]
        matrix = np.zeros((size, n))
        for i in range(size):
            place = (i + 0.5) * n / size - 0.5
            if corners:
                place = i * (n - 1) / (size - 1) if size > 1 else 0.0
            for j in range(math.floor(place) - 1, math.floor(place) + 3):
                matrix[i, min(max(j, 0), n - 1)] += kernel(place - j)
        expected = np.moveaxis(np.tensordot(matrix, expected, (1, 2 + axis)), 0, 2 + axis)
    got = interpolate(x, new, mode="bicubic", align_corners=corners)
    np.testing.assert_allclose(got.data, expected, rtol=0, atol=1e-12)
    assert_gradients(lambda t: interpolate(t, new, mode="bicubic", align_corners=corners), x)


@given(sizes=SIZES, new=SIZES)
def test_nearest_exact_takes_the_pixel_under_the_middle(sizes, new):
    x = np.arange(np.prod(sizes)).reshape(1, 1, *sizes).astype(np.float32)
    y = interpolate(x, new, mode="nearest-exact").data
    for h, w in np.ndindex(*new):
        rows, columns = (
            math.floor((Fraction(i) + Fraction(1, 2)) * n / m)
            for i, n, m in ((h, sizes[0], new[0]), (w, sizes[1], new[1]))
        )
        assert y[0, 0, h, w] == x[0, 0, rows, columns]


def test_area_is_the_mean_of_what_lies_below():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 6))
    y = interpolate(x, scale_factor=0.5, mode="area").data
    np.testing.assert_allclose(y, x.reshape(2, 3, 2, 2, 3, 2).mean((3, 5)), atol=1e-14)
    line = interpolate(x[:, :, 0], 3, mode="area").data
    np.testing.assert_allclose(line, x[:, :, 0].reshape(2, 3, 3, 2).mean(3), atol=1e-14)
    with pytest.raises(ValueError, match=r"^interpolate: mode='area' is for one or two axes"):
        interpolate(np.zeros((1, 1, 2, 2, 2)), 2, mode="area")
