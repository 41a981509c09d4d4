"""Perspective against Pillow's; elastic displacements by what they must keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import minicnn
from minicnn.transforms import ElasticTransform, RandomPerspective, warp
from minicnn.transforms.warp import perspective
from tests.transforms.images import images, pil, pixels, random_image


def pillows(image: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    kind, nearest = Image.Transform.PERSPECTIVE, Image.Resampling.NEAREST
    size, values = image.shape[1::-1], coefficients.tolist()
    return pixels(pil(image).transform(size, kind, values, nearest, fillcolor=(9, 9, 9)))


@given(images(smallest=4, channels=(3,)), st.integers(0, 1000))
def test_perspective_is_pillows(image: np.ndarray, seed: int) -> None:
    transform = RandomPerspective(p=1.0, interpolation="nearest", fill=9)
    minicnn.manual_seed(seed)
    params = transform.make_params(image)
    expected = pillows(image, perspective(params["start"], params["end"]))
    got = transform.transform(image, params)
    # a place within rounding of a pixel's edge may be either's
    assert (got != expected).any(axis=2).mean() <= 0.01


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("c", [0, 0.5])
def test_the_horizon_is_outside_of_the_image(monkeypatch, c, interpolation) -> None:
    """There z = 0, here in the left column: that gives infinity, or for c = 0.5 also 0 / 0."""
    coefficients = np.array([-1, 0, c, 0, -1, c, -2, 0], float)
    monkeypatch.setattr(warp, "perspective", lambda start, end: coefficients)
    image = random_image(0, 4, 4)
    transform = RandomPerspective(p=1.0, interpolation=interpolation, fill=9)
    got = transform.transform(image, {"start": [], "end": []})
    assert (got[:, 0] == 9).all()
    assert (got[1, 1:] != 9).any(axis=1).all()
    if interpolation == "nearest" and c == 0:  # C leaves open which integer NaN is
        np.testing.assert_array_equal(got, pillows(image, coefficients))


def test_corners_go_where_they_are_sent() -> None:
    start = [(0, 0), (9, 0), (9, 7), (0, 7)]
    end = [(1, 2), (8, 0), (7, 7), (0, 5)]
    a, b, c, d, e, f, g, h = perspective(start, end)
    for (u, v), (x, y) in zip(start, end):
        z = g * x + h * y + 1
        assert (a * x + b * y + c) / z == pytest.approx(u, abs=1e-9)
        assert (d * x + e * y + f) / z == pytest.approx(v, abs=1e-9)


def test_corners_move_inwards_by_the_scale_at_most() -> None:
    image = random_image(0, 20, 30)
    reached = 0
    for seed in range(200):
        minicnn.manual_seed(seed)
        params = RandomPerspective(0.5, p=1.0).make_params(image)
        moves = np.array(params["end"]) - np.array(params["start"])
        assert (np.sign(moves) * [[1, 1], [-1, 1], [-1, -1], [1, -1]] >= 0).all()
        assert (np.abs(moves) <= [7, 5]).all()
        reached = max(reached, np.abs(moves).max())
    assert reached == 7
    np.testing.assert_array_equal(RandomPerspective(p=0.0)(image), image)
    np.testing.assert_array_equal(RandomPerspective(0.0, p=1.0)(image), image)


def test_elastic_displacements_are_smooth_and_bounded() -> None:
    image = random_image(0, 30, 40)
    minicnn.manual_seed(0)
    smooth = ElasticTransform(alpha=60.0, sigma=4.0).make_params(image)
    rough = ElasticTransform(alpha=60.0, sigma=0.0).make_params(image)
    for key in ("dx", "dy"):
        assert np.abs(rough[key]).max() <= 30  # half of alpha, times noise of -1 to 1
        assert np.abs(rough[key]).std() > 5
        steps = [np.abs(np.diff(p[key], axis=1)).mean() / p[key].std() for p in (smooth, rough)]
        assert steps[0] < 0.3 * steps[1]
    np.testing.assert_array_equal(ElasticTransform(alpha=0.0)(image), image)
    flat = np.full((20, 20), 77, np.uint8)
    assert set(np.unique(ElasticTransform(fill=77)(flat))) == {77}


def test_elastic_places_are_read_where_the_displacement_says() -> None:
    image = random_image(1, 6, 6)
    shift = {"dx": np.full((6, 6), 1.0), "dy": np.full((6, 6), -2.0)}
    moved = ElasticTransform(interpolation="nearest", fill=5).transform(image, shift)
    np.testing.assert_array_equal(moved[2:, :-1], image[:-2, 1:])
    assert (moved[:2] == 5).all()
    assert (moved[:, -1] == 5).all()
