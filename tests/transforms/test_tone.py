"""Tones against Pillow, bit for bit; float images against their meaning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageEnhance, ImageOps

import minicnn
from minicnn import transforms
from minicnn.transforms import (
    RandomAdjustSharpness,
    RandomAutocontrast,
    RandomEqualize,
    RandomInvert,
    RandomPosterize,
    RandomSolarize,
)
from tests.transforms.images import images, pil, pixels, random_image

SEVERAL = st.sampled_from([1, 2, 40, 256])  # different values: flat images, and few tones


@given(images(), SEVERAL, st.integers(1, 8), st.integers(0, 256), st.floats(0, 3))
def test_uint8_images_are_pillows(
    image: np.ndarray, tones: int, bits: int, threshold: int, factor: float
) -> None:
    image = (image.astype(int) // (256 // tones)).astype(np.uint8)
    source = pil(image)
    for transform, expected in (
        (RandomInvert(1.0), ImageOps.invert(source)),
        (RandomPosterize(bits, 1.0), ImageOps.posterize(source, bits)),
        (RandomSolarize(threshold, 1.0), ImageOps.solarize(source, threshold)),
        (RandomAutocontrast(1.0), ImageOps.autocontrast(source)),
        (RandomEqualize(1.0), ImageOps.equalize(source)),
    ):
        np.testing.assert_array_equal(transform(image), pixels(expected), repr(transform))
    if min(image.shape[:2]) >= 3:
        expected = ImageEnhance.Sharpness(source).enhance(factor)
        np.testing.assert_array_equal(RandomAdjustSharpness(factor, 1.0)(image), pixels(expected))


@given(st.integers(0, 1000))
def test_float_images_keep_their_range_and_meaning(seed: int) -> None:
    image = random_image(seed, 7, 9, 3, np.float64)
    np.testing.assert_allclose(RandomInvert(1.0)(image), 1 - image)
    stretched = RandomAutocontrast(1.0)(image)
    assert (stretched.min((0, 1)) == 0).all()
    np.testing.assert_allclose(stretched.max((0, 1)), 1)
    four = RandomPosterize(2, 1.0)(image)
    assert set(np.unique(four)) <= {0, 0.25, 0.5, 0.75}
    assert ((image - four >= 0) & (image - four < 0.25)).all()
    solar = RandomSolarize(0.5, 1.0)(image)
    np.testing.assert_allclose(solar, np.where(image < 0.5, image, 1 - image))
    same = RandomAdjustSharpness(1.0, 1.0)(image)
    np.testing.assert_allclose(same, image, atol=1e-12)
    whole = RandomEqualize(1.0)((image * 255).round() / 255)
    by_bytes = RandomEqualize(1.0)((image * 255).round().astype(np.uint8))
    np.testing.assert_allclose(whole * 255, by_bytes, atol=1e-9)


def test_a_probability_of_0_changes_nothing_and_one_half_half_of_the_images() -> None:
    image = random_image(0, 4, 4)
    minicnn.manual_seed(0)
    for make in (RandomInvert, RandomAutocontrast, RandomEqualize):
        np.testing.assert_array_equal(make(0.0)(image), image)
    changed = sum(bool((RandomInvert()(image) != image).any()) for _ in range(400))
    assert 150 < changed < 250


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (
            lambda: RandomPosterize(9),
            ValueError,
            "RandomPosterize: bits must be from 0 to 8",
        ),
        (lambda: RandomSolarize("high"), TypeError, "RandomSolarize: threshold must be a number"),
        (lambda: RandomAdjustSharpness(-1), ValueError, "RandomAdjustSharpness: sharpness_factor"),
        (lambda: RandomInvert(2), ValueError, r"RandomInvert: p must be in \[0, 1\], got 2"),
        (lambda: transforms.RandAugment(magnitude=31), ValueError, "RandAugment: num_ops must not"),
        (lambda: transforms.TrivialAugmentWide(1), ValueError, "TrivialAugmentWide: num_magnitude"),
        (lambda: transforms.RandomPerspective(2.0), ValueError, "RandomPerspective: distortion_sc"),
        (lambda: transforms.ElasticTransform(-1.0), ValueError, "ElasticTransform: alpha must be"),
        (lambda: transforms.GaussianNoise(sigma=-1), ValueError, "GaussianNoise: sigma must not"),
        (lambda: transforms.RandomResize(5, 5), ValueError, "RandomResize: needs 1 <= min_size"),
        (lambda: transforms.RandomShortestSize(0), ValueError, "RandomShortestSize: sizes must be"),
        (lambda: transforms.ScaleJitter((0, 1)), ValueError, "ScaleJitter: size must be at least"),
        (lambda: transforms.RandomZoomOut(side_range=(0.5, 1)), ValueError, "RandomZoomOut: side_"),
        (lambda: transforms.FiveCrop(5)(np.zeros((4, 4))), ValueError, "FiveCrop: size"),
    ],
)
def test_wrong_settings_are_refused(make, error, text) -> None:
    with pytest.raises(error, match=f"^{text}"):
        make()
