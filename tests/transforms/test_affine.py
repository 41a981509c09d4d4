"""Rotations and affine maps, against Pillow and SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

import minicnn
from minicnn.transforms import RandomAffine, RandomRotation
from tests.transforms.images import images, pil, pixels, random_image


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("size", [(6, 6), (5, 5)])
def test_quarter_turns_are_numpys(turns: int, mode: str, size: tuple[int, int]) -> None:
    image = random_image(turns, *size)
    angle = 90 * turns + 1e-13  # so that no rounding puts a corner outside
    got = RandomRotation((angle, angle), mode)(image)
    np.testing.assert_array_equal(got[1:-1, 1:-1], np.rot90(image, turns)[1:-1, 1:-1])
    wide = RandomRotation((90 * turns, 90 * turns), mode, expand=True)(random_image(1, 4, 7))
    assert wide.shape[:2] == ((4, 7) if turns % 2 == 0 else (7, 4))


@given(image=images(smallest=3), angle=st.floats(-180, 180), fill=st.integers(0, 255))
def test_rotation_is_pillows(image: np.ndarray, angle: float, fill: int) -> None:
    got = RandomRotation((angle, angle), fill=fill)(image)
    color = fill if image.shape[2] == 1 else (fill,) * 3
    expected = pixels(pil(image).rotate(angle, Image.Resampling.NEAREST, fillcolor=color))
    # Pillow counts in 1 / 65536 of a pixel, so that a place on the border of two may fall to either
    differ = (got != expected).any(axis=2).mean()
    assert differ <= 0.02 or np.abs(angle) % 45 < 0.1


@given(seed=st.integers(0, 100), angle=st.floats(-180, 180), scale=st.floats(0.5, 2))
def test_bilinear_values_are_scipys_inside(seed: int, angle: float, scale: float) -> None:
    image = random_image(seed, 20, 20, 1, np.float64)
    got = RandomAffine((angle, angle), scale=(scale, scale), interpolation="bilinear")(image)
    turn = np.radians(angle)
    # out = scale * rotation * in, (row, column) about the middle; clockwise on the screen
    forward = scale * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    inverse, middle = np.linalg.inv(forward), np.full(2, 9.5)
    expected = ndimage.affine_transform(
        image[:, :, 0], inverse, middle - inverse @ middle, order=1, cval=np.nan
    )
    inside = np.isfinite(expected)
    assert inside.any()
    np.testing.assert_allclose(got[:, :, 0][inside], expected[inside], atol=1e-9)


def test_shifts_are_whole_pixels() -> None:
    image = random_image(0, 8, 10)
    affine = RandomAffine(0, translate=(0.2, 0.25), fill=9)
    seen = set()
    for seed in range(40):
        minicnn.manual_seed(seed)
        params = affine.make_params(image)
        x, y = params["translate"]
        seen.add((x, y))
        expected = np.full_like(image, 9)
        expected[max(y, 0) : 8 + min(y, 0), max(x, 0) : 10 + min(x, 0)] = image[
            max(-y, 0) : 8 - max(y, 0), max(-x, 0) : 10 - max(x, 0)
        ]
        np.testing.assert_array_equal(affine.transform(image, params), expected)
    assert {x for x, _ in seen} == {y for _, y in seen} == {-2, -1, 0, 1, 2}


def test_shear_slants_lines() -> None:
    image = np.zeros((9, 9), np.uint8)
    image[:, 4] = 1
    slanted = RandomAffine(0, shear=(45, 45))(image)
    assert np.argwhere(slanted).tolist() in (
        [[i, 8 - i] for i in range(9)],
        [[i, i] for i in range(9)],
    )


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        (dict(degrees=-1), "a single degrees must not be negative, got -1"),
        (dict(degrees=(3, 1)), r"degrees must be \(lowest, highest\)"),
        (dict(degrees=1, scale=(0, 1)), "scale must be"),
        (dict(degrees=1, translate=(0.1, 1.5)), "translate must be"),
        (dict(degrees=1, interpolation="bicubic"), "must be nearest or bilinear, got 'bicubic'"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        RandomAffine(**settings)
