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
        (dict(size=2, align_corners=False), "align_corners is only for the linear modes"),
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
