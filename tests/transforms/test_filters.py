"""Blur against SciPy; erased rectangles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import minicnn
from minicnn.transforms import GaussianBlur, RandomErasing
from tests.transforms.images import images, random_image


@given(
    image=images(smallest=5),
    size=st.tuples(st.sampled_from([1, 3, 5, 7, 9]), st.sampled_from([1, 3, 5])),
    sigma=st.floats(0.2, 4),
)
def test_blur_is_scipys(image: np.ndarray, size: tuple[int, int], sigma: float) -> None:
    expected = image.astype(np.float64)
    for axis, k in enumerate(size):
        kernel = np.exp(-((np.arange(k) - k // 2) ** 2) / (2 * sigma**2))
        expected = ndimage.correlate1d(expected, kernel / kernel.sum(), axis, mode="mirror")
    np.testing.assert_allclose(GaussianBlur(size, sigma)(image / 255.0), expected / 255, atol=1e-12)
    blurred = GaussianBlur(size, sigma)(image)
    assert np.abs(blurred - expected).max() <= 0.5 + 1e-9


def test_blur_draws_its_width() -> None:
    blur = GaussianBlur(3, (0.5, 1.5))
    widths = [blur.make_params(np.zeros((1, 1, 1)))["sigma"] for _ in range(200)]
    assert 0.5 <= min(widths) < 0.6
    assert 1.4 < max(widths) <= 1.5


def test_blurs_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="kernel_size must be odd, got 4"):
        GaussianBlur(4)
    with pytest.raises(ValueError, match=r"half of kernel_size .* must be less"):
        GaussianBlur(7)(np.zeros((3, 9), np.uint8))


@given(seed=st.integers(0, 10000), H=st.integers(5, 30), W=st.integers(5, 30))
def test_one_rectangle_is_erased(seed: int, H: int, W: int) -> None:
    minicnn.manual_seed(seed)
    image = random_image(seed, H, W, 3, np.float32)
    before = image.copy()
    out = RandomErasing(p=1.0, scale=(0.1, 0.4), ratio=(0.5, 2.0), value=(5.0, 6.0, 7.0))(image)
    np.testing.assert_array_equal(image, before)
    erased = out[:, :, 0] == 5
    if erased.any():  # ten tries may all be too large
        rows, columns = np.flatnonzero(erased.any(axis=1)), np.flatnonzero(erased.any(axis=0))
        h, w = len(rows), len(columns)
        assert erased[rows[0] : rows[0] + h, columns[0] : columns[0] + w].all()
        assert erased.sum() == h * w  # and so there is no other
        assert (h - 0.5) * (w - 0.5) <= 0.4 * H * W
        assert (h + 0.5) * (w + 0.5) >= 0.1 * H * W
        assert out[erased].tolist() == [[5, 6, 7]] * (h * w)
    np.testing.assert_array_equal(out[~erased], before[~erased])


def test_erasing_happens_with_its_probability_and_may_be_noise() -> None:
    minicnn.manual_seed(0)
    image = np.full((10, 10, 1), 99.0, np.float32)
    changed = [(RandomErasing(0.25)(image) != image).any() for _ in range(400)]
    assert 60 <= sum(changed) <= 140
    noise = RandomErasing(1.0, value="random")(image)
    noise = noise[noise != 99]
    assert len(set(noise.tolist())) == noise.size > 1
    with pytest.raises(TypeError, match="needs a float image, got uint8"):
        RandomErasing(1.0, value="random")(image.astype(np.uint8))
    with pytest.raises(ValueError, match='must be numbers or "random"'):
        RandomErasing(value="noise")
