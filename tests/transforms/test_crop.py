"""Padding, crops and flips: pixels are moved, none is changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps
from scipy import stats

import minicnn
from minicnn.transforms import (
    CenterCrop,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    RandomVerticalFlip,
)
from tests.transforms.images import images, pil, pixels, random_image


@given(image=images(), sides=st.tuples(*[st.integers(0, 5)] * 4), fill=st.integers(0, 255))
def test_constant_padding_is_pillows(image: np.ndarray, sides: Any, fill: int) -> None:
    color = fill if image.shape[2] == 1 else (fill,) * 3
    expected = pixels(ImageOps.expand(pil(image), sides, color))
    np.testing.assert_array_equal(Pad(sides, fill)(image), expected)


@pytest.mark.parametrize("mode", ["edge", "reflect", "symmetric"])
def test_other_paddings_are_numpys(mode: Any) -> None:
    image = random_image(0, 5, 6)
    expected = np.pad(image, ((2, 2), (3, 3), (0, 0)), mode=mode)
    np.testing.assert_array_equal(Pad((3, 2), padding_mode=mode)(image), expected)


def test_negative_padding_cuts_off() -> None:
    image = random_image(0, 5, 6)
    np.testing.assert_array_equal(Pad((-1, 0, -2, -3))(image), image[:2, 1:4])
    with pytest.raises(ValueError, match="leaves nothing of an image of 5 x 6 pixels"):
        Pad((-3, 0))(image)


def test_a_fill_may_differ_between_channels() -> None:
    out = Pad(1, (1, 2, 3))(np.zeros((1, 1, 3), np.uint8))
    assert out[0, 0].tolist() == [1, 2, 3]
    for fill, match in [((1, 2), "one for each of 3 channels"), (300, "ints of 0 to 255")]:
        with pytest.raises(ValueError, match=match):
            Pad(1, fill)(np.zeros((1, 1, 3), np.uint8))


@given(image=images(largest=12), size=st.tuples(st.integers(1, 16), st.integers(1, 16)))
def test_center_crop_keeps_the_middle(image: np.ndarray, size: tuple[int, int]) -> None:
    out = CenterCrop(size)(image)
    assert out.shape == (*size, image.shape[2])
    h, w = (min(a, b) for a, b in zip(size, image.shape))
    # what both hold: the middle of each, up to half a pixel
    corners = [[(H - k) // 2, (H - k + 1) // 2] for H, k in zip(image.shape, (h, w))]
    inner = [[(s - k) // 2, (s - k + 1) // 2] for s, k in zip(size, (h, w))]
    matches = [
        np.array_equal(out[i : i + h, j : j + w], image[top : top + h, left : left + w])
        for i in inner[0]
        for j in inner[1]
        for top in corners[0]
        for left in corners[1]
    ]
    assert any(matches)
    assert CenterCrop(2)(np.arange(5)[None].repeat(5, 0).astype(np.uint8))[0].tolist() == [2, 3]


@given(
    image=images(largest=10),
    size=st.tuples(st.integers(1, 10), st.integers(1, 10)),
    padding=st.integers(0, 4),
    seed=st.integers(0, 1000),
)
def test_random_crops_are_parts_of_the_padded_image(
    image: np.ndarray, size: tuple[int, int], padding: int, seed: int
) -> None:
    H, W = (side + 2 * padding for side in image.shape[:2])
    minicnn.manual_seed(seed)
    crop = RandomCrop(size, padding, fill=7)
    if size[0] > H or size[1] > W:
        with pytest.raises(ValueError, match="must not be larger than the padded image"):
            crop(image)
        return
    wide = np.pad(
        image.astype(int), ((padding, padding), (padding, padding), (0, 0)), constant_values=7
    )
    parts = [
        wide[i : i + size[0], j : j + size[1]]
        for i in range(H - size[0] + 1)
        for j in range(W - size[1] + 1)
    ]
    out = crop(image)
    assert any(np.array_equal(out, part) for part in parts)


def test_all_places_of_a_crop_are_equally_likely() -> None:
    minicnn.manual_seed(1)
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    counts = np.bincount([int(RandomCrop(2)(image)[0, 0]) for _ in range(3000)], minlength=12)
    assert counts[counts > 0].size == 6
    assert stats.chisquare(counts[counts > 0]).pvalue > 1e-4


def test_an_image_may_be_padded_if_needed() -> None:
    out = RandomCrop((5, 2), pad_if_needed=True)(np.ones((3, 4), np.uint8))
    assert out.shape == (5, 2)
    assert out.sum() == 6  # 2 of the 3 rows' 4 pixels
    assert RandomCrop(3, pad_if_needed=True)(np.ones((3, 4), np.uint8)).sum() == 9


def test_flips_mirror_with_their_probability() -> None:
    image = random_image(3, 4, 5)
    minicnn.manual_seed(0)
    for flip, method in [
        (RandomHorizontalFlip, Image.Transpose.FLIP_LEFT_RIGHT),
        (RandomVerticalFlip, Image.Transpose.FLIP_TOP_BOTTOM),
    ]:
        mirrored = pixels(pil(image).transpose(method))
        np.testing.assert_array_equal(flip(1.0)(image), mirrored)
        np.testing.assert_array_equal(flip(0)(image), image)
        count = sum(np.array_equal(flip(0.3)(image), mirrored) for _ in range(1000))
        assert stats.binomtest(count, 1000, 0.3).pvalue > 1e-4
    with pytest.raises(ValueError, match=r"RandomVerticalFlip: p must be in \[0, 1\], got 2"):
        RandomVerticalFlip(2)


@given(image=images(smallest=4), seed=st.integers(0, 1000))
def test_resized_crops_have_area_and_ratio_in_their_ranges(image: np.ndarray, seed: int) -> None:
    minicnn.manual_seed(seed)
    crop = RandomResizedCrop(6, scale=(0.2, 0.7), ratio=(0.5, 2.0))
    params = crop.make_params(image)
    h, w = params["height"], params["width"]
    part = image[params["top"] :, params["left"] :][:h, :w]
    assert part.shape[:2] == (h, w)
    # sides are rounded to whole pixels
    H, W = image.shape[:2]
    if h > 1 and w > 1 and (h, w) != (H, W):
        assert (h - 0.5) * (w - 0.5) <= 0.7 * H * W
        assert (w - 0.5) / (h + 0.5) <= 2.0
        assert (w + 0.5) / (h - 0.5) >= 0.5
    rows_first = pil(part).resize((6, h), Image.Resampling.BILINEAR)
    expected = pixels(rows_first.resize((6, 6), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(crop.transform(image, params), expected)


def test_resized_crops_have_shapes_and_areas_from_end_to_end_of_their_ranges() -> None:
    minicnn.manual_seed(0)
    crop = RandomResizedCrop(6, scale=(0.1, 0.3), ratio=(0.5, 2.0))  # always fits 300 x 300 pixels
    drawn = [crop.make_params(np.zeros((300, 300, 1), np.uint8)) for _ in range(400)]
    h, w = (np.array([params[side] for params in drawn]) for side in ("height", "width"))
    shapes, areas = np.log2(w / h), w * h / 300**2
    assert -1.02 < shapes.min() < -0.9
    assert 0.9 < shapes.max() < 1.02
    assert abs(shapes.mean()) < 5 * np.sqrt(2**2 / 12 / 400)  # evenly drawn from -1 to 1
    assert 0.098 < areas.min() < 0.11
    assert 0.29 < areas.max() < 0.302
