"""Filters on photos: equal to SciPy at every edge rule, and plain words for what is no photo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import ndimage

from minicnn import filters
from tests.strategies import pairs, seeds

SCIPY = {"extend": "nearest", "pad": "constant", "reflect": "mirror", "wrap": "wrap"}
DTYPES = st.sampled_from([np.uint8, np.float32, np.float64])


def draw_photo(seed: int, shape: tuple[int, ...], dtype: type) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if dtype is np.uint8:
        return rng.integers(0, 256, shape, dtype=np.uint8)
    return rng.uniform(-1, 1, shape).astype(dtype)


def scipy_correlate(image: np.ndarray, kernel: np.ndarray, edges: str) -> np.ndarray:
    values = image.astype(np.float64)
    if edges != "crop":
        return ndimage.correlate(values, kernel, mode=SCIPY[edges])
    whole = ndimage.correlate(values, kernel, mode="constant")
    (top, left), (height, width) = (n // 2 for n in kernel.shape), kernel.shape
    return whole[
        top : top + values.shape[0] - height + 1, left : left + values.shape[1] - width + 1
    ]


def each_channel(image: np.ndarray, kernel: np.ndarray, edges: str) -> np.ndarray:
    if image.ndim == 2:
        return scipy_correlate(image, kernel, edges)
    channels = [scipy_correlate(image[..., c], kernel, edges) for c in range(3)]
    return np.stack(channels, axis=-1)


@given(
    pairs(1, 12), pairs(1, 9), st.booleans(), st.sampled_from(sorted(filters.EDGES)), DTYPES, seeds
)
def test_it_is_scipys_correlation(image, kernel, coloured, edges, dtype, seed):
    if edges == "crop":
        assume(image[0] >= kernel[0] and image[1] >= kernel[1])
    if edges in ("reflect", "wrap"):
        assume(image[0] > kernel[0] // 2 and image[1] > kernel[1] // 2)
    photo = draw_photo(seed, (*image, 3) if coloured else image, dtype)
    weight = np.random.default_rng(seed + 1).uniform(-1, 1, kernel)
    before = photo.copy()
    got, expected = filters.apply(photo, weight, edges), each_channel(photo, weight, edges)
    assert got.dtype == (np.float32 if dtype is np.float32 else np.float64)
    assert got.shape == expected.shape
    # float32 results are float64 sums rounded once
    eps = 1e-6 if dtype is np.float32 else 1e-12
    assert np.abs(got - expected).max() <= eps * max(1.0, np.abs(expected).max())
    assert np.array_equal(photo, before)


@pytest.mark.parametrize("name", sorted(filters.KERNELS))
@pytest.mark.parametrize("edges", sorted(filters.EDGES))
def test_named_filters_equal_scipys(name, edges):
    photo = draw_photo(3, (17, 23), np.uint8)
    expected = scipy_correlate(photo, np.array(filters.kernel(name)), edges)
    assert np.abs(filters.apply(photo, name, edges) - expected).max() <= 1e-6


@pytest.mark.parametrize(("axis", "suffix"), [(0, "y"), (1, "x")])
@pytest.mark.parametrize("kind", ["sobel", "prewitt"])
def test_sobel_and_prewitt_are_scipys(kind, axis, suffix):
    photo = draw_photo(5, (11, 13), np.float64)
    expected = getattr(ndimage, kind)(photo, axis=axis, mode="nearest")
    assert np.abs(filters.apply(photo, f"{kind}_{suffix}") - expected).max() <= 1e-12


def test_the_laplacian_is_scipys():
    photo = draw_photo(6, (9, 14), np.float64)
    got = filters.apply(photo, "laplacian", "reflect")
    assert np.abs(got - ndimage.laplace(photo, mode="mirror")).max() <= 1e-12


@pytest.mark.parametrize("sigma", [0.4, 1.0, 2.3])
def test_a_gaussian_blur_is_scipys(sigma):
    photo = draw_photo(7, (30, 32), np.float64)
    kernel = filters.gaussian(sigma)
    expected = ndimage.gaussian_filter(photo, sigma, mode="nearest", radius=len(kernel) // 2)
    assert np.abs(filters.apply(photo, kernel) - expected).max() <= 1e-12


def test_the_magnitude_is_the_length_of_the_gradient():
    photo = draw_photo(8, (10, 10, 3), np.uint8)
    for kind in ("sobel", "prewitt"):
        each = [
            np.hypot(*(getattr(ndimage, kind)(c, a, mode="nearest") for a in (0, 1)))
            for c in np.moveaxis(photo.astype(np.float64), -1, 0)
        ]
        got = filters.gradient_magnitude(photo, kind)
        assert np.abs(got - np.stack(each, axis=-1)).max() <= 1e-9


def test_a_step_of_brightness_gives_the_sum_of_the_kernels_column():
    photo = np.zeros((5, 6))
    photo[:, 3:] = 1
    assert filters.apply(photo, "sobel_x")[2].tolist() == [0, 0, 4, 4, 0, 0]
    assert filters.apply(photo, "prewitt_x")[2].tolist() == [0, 0, 3, 3, 0, 0]
    assert filters.apply(photo, "laplacian")[2].tolist() == [0, 0, 1, -1, 0, 0]


def test_the_wrong_photo_is_named_with_the_fix():
    with pytest.raises(ValueError, match=r"channels come last here, see np.moveaxis"):
        filters.apply(np.zeros((3, 8, 8)), "box")
    with pytest.raises(ValueError, match=r"got \(2, 8, 8, 3\): pass one image, as in images\[0\]"):
        filters.apply(np.zeros((2, 8, 8, 3)), "box")
    with pytest.raises(TypeError, match=r"image must be uint8, float32 or float64, got int64"):
        filters.apply(np.zeros((8, 8), np.int64), "box")
    with pytest.raises(ValueError, match=r"no pixels, its shape is \(0, 8\)"):
        filters.apply(np.zeros((0, 8)), "box")


def test_wrong_settings_list_the_right_ones():
    photo = np.zeros((8, 8))
    with pytest.raises(ValueError, match=r"one of extend, pad, reflect, wrap, crop, got 'zero'"):
        filters.apply(photo, "box", "zero")
    with pytest.raises(ValueError, match=r"no filter 'sobel'; there are sobel_x, sobel_y"):
        filters.apply(photo, "sobel")
    with pytest.raises(ValueError, match=r"kernel must have shape \(K_h, K_w\), got \(3,\)"):
        filters.apply(photo, [1, 2, 3])
    with pytest.raises(TypeError, match=r"kernel must hold real numbers, got complex128"):
        filters.apply(photo, np.ones((3, 3), complex))
    with pytest.raises(ValueError, match=r"kind must be 'sobel' or 'prewitt', got 'scharr'"):
        filters.gradient_magnitude(photo, "scharr")


@pytest.mark.parametrize(("edges", "least"), [("crop", 9), ("reflect", 5), ("wrap", 4)])
def test_a_kernel_that_reaches_too_far_is_refused_with_the_least_size(edges, least):
    kernel = np.ones((9, 9))
    assert filters.apply(np.ones((least, least)), kernel, edges).max() == 81
    with pytest.raises(ValueError, match=rf"at least {least} x {least} pixels, got 3 x 3"):
        filters.apply(np.ones((3, 3)), kernel, edges)
