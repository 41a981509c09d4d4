"""The frequency picture and its filters, against sums over waves written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import filters
from tests.strategies import pairs, seeds


def fourier(image: np.ndarray) -> np.ndarray:
    """The transform by its definition: one product of matrices for each axis."""
    height, width = image.shape
    rows = np.exp(-2j * np.pi * np.outer(np.arange(height), np.arange(height)) / height)
    columns = np.exp(-2j * np.pi * np.outer(np.arange(width), np.arange(width)) / width)
    return rows @ image @ columns


@given(pairs(1, 9), seeds)
def test_the_spectrum_is_the_definitions_with_zero_in_the_middle(shape, seed):
    image = np.random.default_rng(seed).uniform(0, 1, shape)
    middle = [n // 2 for n in shape]
    expected = np.roll(np.log1p(np.abs(fourier(image))), middle, axis=(0, 1))
    assert np.allclose(filters.spectrum(image), expected, atol=1e-12)
    assert np.isclose(filters.spectrum(image)[tuple(middle)], np.log1p(image.sum()))


def test_a_filter_multiplies_the_frequencies_by_its_response():
    """The convolution theorem: sliding a kernel is a product in frequencies."""
    photo = np.random.default_rng(1).uniform(0, 1, (16, 21))
    for name in filters.KERNELS:
        after = np.abs(np.fft.fft2(filters.apply(photo, name, "wrap")))
        response = np.fft.ifftshift(filters.frequency_response(name, photo.shape))
        assert np.allclose(after, np.abs(fourier(photo)) * response, atol=1e-10), name


@pytest.mark.parametrize("kind", ["ideal", "gaussian"])
@given(pairs(2, 24), st.floats(0.02, 0.8), st.booleans(), seeds)
def test_low_and_high_pass_add_up_to_the_photo(kind, shape, cutoff, coloured, seed):
    shape = (*shape, 3) if coloured else shape
    photo = np.random.default_rng(seed).uniform(0, 255, shape)
    low, high = (f(photo, cutoff, kind) for f in (filters.low_pass, filters.high_pass))
    assert np.allclose(low + high, photo, atol=1e-10)
    assert np.allclose(low.mean((0, 1)), photo.mean((0, 1)))


@given(st.integers(0, 8), st.sampled_from([0.1, 0.21, 0.35]))
def test_a_wave_keeps_what_the_formula_says(cycles, cutoff):
    wave = np.tile(np.cos(2 * np.pi * cycles * np.arange(16) / 16), (5, 1))
    f = cycles / 16
    assert np.allclose(filters.low_pass(wave, cutoff), wave * np.exp(-(f**2) / (2 * cutoff**2)))
    assert np.allclose(filters.low_pass(wave, cutoff, "ideal"), wave * (f <= cutoff), atol=1e-12)


def test_a_spatial_gaussian_is_the_low_pass_of_its_width():
    """The transform of a Gaussian of sigma pixels is one of 1 / (2 pi sigma) cycles per pixel."""
    photo = np.random.default_rng(2).uniform(0, 1, (64, 64))
    blurred = filters.apply(photo, filters.gaussian(3.0, 31), "wrap")
    assert np.abs(filters.low_pass(photo, 1 / (2 * np.pi * 3)) - blurred).max() < 1e-4


def test_bytes_and_float32_keep_to_the_rule_of_dtypes():
    for dtype, result in ((np.uint8, np.float64), (np.float32, np.float32)):
        photo = np.arange(12).reshape(3, 4).astype(dtype)
        assert filters.low_pass(photo, 0.2).dtype == result
        assert filters.high_pass(photo, 0.2).dtype == result


def test_wrong_settings_are_named():
    photo = np.zeros((4, 4))
    with pytest.raises(ValueError, match=r"cutoff must be positive and finite, got -1.0"):
        filters.low_pass(photo, -1)
    with pytest.raises(ValueError, match=r"kind must be 'ideal' or 'gaussian', got 'box'"):
        filters.high_pass(photo, 0.1, "box")
    with pytest.raises(
        ValueError, match=r"shape must be \(H, W\), at least \(3, 3\), got \(2, 4\)"
    ):
        filters.frequency_response("box", (2, 4))
