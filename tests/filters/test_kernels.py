"""The kernels themselves: their sums, symmetries and formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import filters

SUMS = {"sharpen": 1, "emboss": 1, "box": 1, "gaussian": 1}  # the others answer to changes alone


@pytest.mark.parametrize("name", sorted(filters.KERNELS))
def test_a_flat_photo_stays_flat(name):
    assert np.isclose(filters.kernel(name).sum(), SUMS.get(name, 0), atol=1e-15)


@pytest.mark.parametrize("name", ["sobel", "prewitt"])
def test_the_two_directions_are_transposed(name):
    across, down = filters.kernel(f"{name}_x"), filters.kernel(f"{name}_y")
    assert np.array_equal(across.T, down)
    assert np.array_equal(across[:, ::-1], -across)


def test_kernels_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        filters.kernel("box")[0, 0] = 5
    with pytest.raises(TypeError):
        filters.KERNELS["box"] = np.ones((3, 3))  # type: ignore[index]


@given(st.floats(0.1, 6), st.integers(0, 10))
def test_a_gaussian_is_its_formula(sigma, half):
    kernel = filters.gaussian(sigma, 2 * half + 1)
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    formula = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    assert np.allclose(kernel, formula / formula.sum(), rtol=1e-12, atol=1e-300)
    assert abs(kernel.sum() - 1) < 1e-14


@given(st.floats(2, 12), st.floats(-360, 360), st.floats(0.5, 4), st.floats(0.2, 2))
def test_a_gabor_filter_is_its_formula_at_each_pixel(wavelength, angle, sigma, aspect):
    kernel = filters.gabor(wavelength, angle, sigma, aspect=aspect, phase=30, size=9)
    direction = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    for i, j in np.random.default_rng(0).integers(0, 9, (12, 2)):
        place = np.array([j - 4, i - 4])  # to the right, downwards
        u = place @ direction
        v2 = place @ place - u**2
        wave = np.cos(2 * np.pi * u / wavelength + np.pi / 6)
        expected = np.exp(-(u**2 + aspect**2 * v2) / (2 * sigma**2)) * wave
        assert abs(kernel[i, j] - expected) < 1e-12


def test_a_gabor_filter_answers_to_stripes_of_its_direction():
    stripes = np.tile(np.cos(2 * np.pi * np.arange(48) / 6), (48, 1))  # upright
    along = np.abs(filters.apply(stripes, filters.gabor(6, 0), "wrap")).max()
    across = np.abs(filters.apply(stripes, filters.gabor(6, 90), "wrap")).max()
    assert along > 20 * across


def test_wrong_numbers_are_named():
    with pytest.raises(ValueError, match=r"box: size must be odd and positive, got 4"):
        filters.box(4)
    with pytest.raises(ValueError, match=r"box: size must be at most 4095 pixels"):
        filters.box(2**40 + 1)
    with pytest.raises(TypeError, match=r"box: size must be an int, got 3.0"):
        filters.box(3.0)
    with pytest.raises(ValueError, match=r"gaussian: sigma must be positive and finite, got 0.0"):
        filters.gaussian(0)
    with pytest.raises(ValueError, match=r"gaussian: size must be at most 4095"):
        filters.gaussian(1e9)
    with pytest.raises(ValueError, match=r"gabor: angle must be finite, got nan"):
        filters.gabor(4, float("nan"))
    with pytest.raises(TypeError, match=r"gabor: phase must be a number of degrees, got 'x'"):
        filters.gabor(4, phase="x")
