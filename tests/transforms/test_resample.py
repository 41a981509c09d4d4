"""Resize against Pillow, pass by pass and bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy import interpolate

from minicnn import transforms
from minicnn.transforms import InterpolationMode, Resize
from tests.transforms.images import images, pil, pixels, random_image

PILLOW = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "box": Image.Resampling.BOX,
    "hamming": Image.Resampling.HAMMING,
    "lanczos": Image.Resampling.LANCZOS,
}


@given(
    image=images(largest=40),
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    mode=st.sampled_from(list(PILLOW)),
)
def test_each_pass_is_pillows(image: np.ndarray, size: tuple[int, int], mode: str) -> None:
    rows_first = pil(image).resize((size[1], image.shape[0]), PILLOW[mode])
    expected = pixels(rows_first.resize(size[::-1], PILLOW[mode]))
    np.testing.assert_array_equal(Resize(size, mode)(image), expected)


def test_float_images_are_resized_by_the_same_weights_without_rounding() -> None:
    image = random_image(1, 31, 17)
    exact = Resize((9, 40))(image.astype(np.float64) / 255)
    near = Resize((9, 40))(image)
    # half a level is lost in each pass, and 2**-22 of each of at most 31 pixels of up to 255
    assert np.abs(exact * 255 - near).max() <= 1 + 0.01


def test_without_antialias_values_are_those_between_the_nearest_pixels() -> None:
    line = np.arange(1, 13, dtype=np.float64) ** 2
    places = (np.arange(5) + 0.5) * 12 / 5 - 0.5
    expected = interpolate.interp1d(np.arange(12), line)(places)
    got = Resize((1, 5), antialias=False)(line[None])
    np.testing.assert_allclose(got[0], expected, rtol=1e-12)


@given(H=st.integers(1, 60), W=st.integers(1, 60), size=st.integers(1, 50))
def test_an_int_is_the_shorter_side(H: int, W: int, size: int) -> None:
    h, w = Resize(size).size_for(H, W)
    assert min(h, w) == size
    assert max(h, w) == size * max(H, W) // min(H, W)
    assert (h <= w) == (H <= W) or h == w


def test_max_size_bounds_the_longer_side() -> None:
    assert Resize(10, max_size=15).size_for(20, 60) == (5, 15)
    assert Resize(10, max_size=40).size_for(20, 60) == (10, 30)
    assert Resize(None, max_size=30).size_for(20, 60) == (10, 30)
    assert Resize([7]).size_for(20, 60) == (7, 21)
    assert Resize((7, 9)).size_for(20, 60) == (7, 9)


def test_forms_of_images_are_kept() -> None:
    image = random_image(0, 8, 6)
    expected = Resize((4, 5))(image)
    tensor = Resize((4, 5))(transforms.ToImage()(image))
    np.testing.assert_array_equal(tensor.data.transpose(1, 2, 0), expected)
    np.testing.assert_array_equal(Resize((4, 5))(pil(image)), expected)
    np.testing.assert_array_equal(Resize((4, 5))(image[:, :, 0]), expected[:, :, 0])
    assert Resize(4, InterpolationMode.NEAREST)(image).shape == (5, 4, 3)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="interpolation must be one of nearest, bilinear"):
        Resize(3, "cubic")
    with pytest.raises(ValueError, match="size must be at least 1, got 0"):
        Resize(0)
    with pytest.raises(ValueError, match="max_size must be at least 1 and needs an int"):
        Resize((3, 4), max_size=5)
    with pytest.raises(ValueError, match="size may be None only if max_size is given"):
        Resize(None)
    with pytest.raises(TypeError, match=r"size must be an int, got 2\.5"):
        Resize(2.5)
