"""Colours against Pillow and Python's colorsys."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageEnhance

import minicnn
from minicnn.transforms import ColorJitter, Grayscale, RandomGrayscale
from minicnn.transforms.color import hue_shifted
from tests.transforms.images import images, pil, pixels, random_image

ENHANCERS = {
    "brightness": ImageEnhance.Brightness,
    "contrast": ImageEnhance.Contrast,
    "saturation": ImageEnhance.Color,
}


@given(image=images(channels=(3,)), factor=st.floats(0, 3), which=st.sampled_from(list(ENHANCERS)))
def test_factors_are_pillows(image: np.ndarray, factor: float, which: str) -> None:
    got = ColorJitter(**{which: (factor, factor)})(image)
    expected = pixels(ENHANCERS[which](pil(image)).enhance(factor))
    np.testing.assert_array_equal(got, expected)


@given(image=images(channels=(3,)))
def test_gray_is_pillows(image: np.ndarray) -> None:
    expected = pixels(pil(image).convert("L"))
    np.testing.assert_array_equal(Grayscale()(image), expected)
    np.testing.assert_array_equal(Grayscale(3)(image), np.repeat(expected, 3, axis=2))
    np.testing.assert_array_equal(RandomGrayscale(1.0)(image), np.repeat(expected, 3, axis=2))
    np.testing.assert_array_equal(RandomGrayscale(0.0)(image), image)


@given(seed=st.integers(0, 1000), shift=st.floats(-0.5, 0.5))
def test_hues_turn_as_in_colorsys(seed: int, shift: float) -> None:
    image = random_image(seed, 3, 4, 3, np.float64)
    got = hue_shifted(image, shift)
    for place in np.ndindex(3, 4):
        h, s, v = colorsys.rgb_to_hsv(*image[place])
        expected = colorsys.hsv_to_rgb((h + shift) % 1.0, s, v)
        np.testing.assert_allclose(got[place], expected, atol=1e-12)


def test_hue_keeps_gray_and_one_channel() -> None:
    gray = np.full((2, 2, 3), 77, np.uint8)
    np.testing.assert_array_equal(hue_shifted(gray, 0.3), gray)
    one = np.full((2, 2), 77, np.uint8)
    np.testing.assert_array_equal(ColorJitter(hue=0.5, saturation=0.5)(one), one)


def test_jitter_draws_factors_and_order() -> None:
    image = random_image(0, 4, 4)
    jitter = ColorJitter(0.4, 0.3, (0.5, 0.6), 0.1)
    orders = set()
    for seed in range(60):
        minicnn.manual_seed(seed)
        params = jitter.make_params(image)
        orders.add(tuple(params["order"]))
        for value, (low, high) in zip(
            params["values"], [(0.6, 1.4), (0.7, 1.3), (0.5, 0.6), (-0.1, 0.1)]
        ):
            assert low <= value <= high
    assert len(orders) > 15
    np.testing.assert_array_equal(ColorJitter()(image), image)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"hue must be \(lowest, highest\) in \[-0\.5, 0\.5\]"):
        ColorJitter(hue=0.6)
    with pytest.raises(ValueError, match="brightness must not be negative, got -1"):
        ColorJitter(brightness=-1)
    with pytest.raises(ValueError, match="num_output_channels must be 1 or 3, got 2"):
        Grayscale(2)
    with pytest.raises(ValueError, match="a coloured image has 3 channels, got 4"):
        Grayscale()(np.zeros((2, 2, 4), np.uint8))
