"""Reading along a grid: SciPy's map_coordinates and exact shifts are the oracles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import minicnn
from minicnn import Tensor
from minicnn.nn import functional as F
from tests.central_differences import assert_gradients

seeds = st.integers(0, 2**32)
# Our paddings as SciPy names them; mirrors at the middles or the outer edges of pixels.
SCIPY = {
    ("border", True): "nearest", ("border", False): "nearest",
    ("reflection", True): "mirror", ("reflection", False): "reflect",
}  # fmt: skip


def drawn(seed: int, reach: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, 3, *rng.integers(2, 6, 2)))
    return x, rng.uniform(-reach, reach, (2, *rng.integers(1, 5, 2), 2))


def in_pixels(grid: np.ndarray, size: int, corners: bool) -> np.ndarray:
    return (grid + 1) / 2 * (size - 1) if corners else ((grid + 1) * size - 1) / 2


def scipys(x: np.ndarray, grid: np.ndarray, order: int, mode: str, corners: bool) -> np.ndarray:
    rows, columns = (in_pixels(grid[..., 1 - i], x.shape[2 + i], corners) for i in (0, 1))
    return np.stack([
        [ndimage.map_coordinates(c, [r, q], order=order, mode=mode) for c in image]
        for image, r, q in zip(x, rows, columns)
    ])  # fmt: skip


@given(seeds, st.sampled_from(list(SCIPY)), st.sampled_from(["bilinear", "nearest"]))
def test_inside_and_beyond_the_edges_it_reads_what_scipy_reads(
    seed: int, padding: tuple[str, bool], mode: str
) -> None:
    x, grid = drawn(seed, 0.99 if mode == "nearest" else 2.0)
    got = F.grid_sample(x, grid, mode, padding[0], padding[1])
    expected = scipys(x, grid, int(mode == "bilinear"), SCIPY[padding], padding[1])
    np.testing.assert_allclose(got.data, expected, rtol=0, atol=1e-12)


@given(seeds, st.booleans())
def test_zeros_lie_outside(seed: int, corners: bool) -> None:
    x, grid = drawn(seed, 2.0)
    got = F.grid_sample(x, grid, align_corners=corners)
    wide = np.pad(x, ((0, 0), (0, 0), (9, 9), (9, 9)))
    shifted = np.empty_like(grid)
    for i, n in ((0, x.shape[3]), (1, x.shape[2])):  # the same places in the wide image
        place = in_pixels(grid[..., i], n, corners) + 9
        shifted[..., i] = place / (n + 17) * 2 - 1
    np.testing.assert_allclose(
        got.data, scipys(wide, shifted, 1, "nearest", True), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("corners", [True, False])
def test_the_grid_of_the_identity_reads_every_pixel(corners: bool) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    grid = F.affine_grid(np.tile(np.eye(2, 3), (2, 1, 1)), x.shape, corners)
    np.testing.assert_allclose(F.grid_sample(x, grid, align_corners=corners).data, x, atol=1e-13)


def test_a_shift_by_a_pixel_and_a_mirror_are_exact() -> None:
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    shift = np.array([[[1.0, 0, 0.5], [0, 1, 0]]])  # a pixel of four is half of the way from 0 to 1
    moved = F.grid_sample(x, F.affine_grid(shift, x.shape))
    np.testing.assert_allclose(moved.data[..., :-1], x[..., 1:], atol=1e-14)
    assert (moved.data[..., -1] == 0).all()
    mirror = np.array([[[-1.0, 0, 0], [0, 1, 0]]])
    turned = F.grid_sample(x, F.affine_grid(mirror, x.shape))
    np.testing.assert_allclose(turned.data, x[..., ::-1], atol=1e-14)


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("corners", [True, False])
def test_gradients_equal_central_differences(padding: str, corners: bool) -> None:
    x, grid = drawn(3, 1.4)
    assert_gradients(lambda u, v: F.grid_sample(u, v, "bilinear", padding, corners), x, grid)
    theta = np.random.default_rng(0).normal(size=(2, 2, 3))
    assert_gradients(lambda t: F.affine_grid(t, (2, 1, 3, 4), corners), theta)


def test_a_spatial_transformer_learns_a_shift() -> None:
    x = np.zeros((1, 1, 9, 9), np.float32)
    yy, xx = np.mgrid[:9, :9]
    x[0, 0] = np.exp(-((yy - 4) ** 2 + (xx - 5) ** 2) / 4)
    aim = np.roll(x, -1, axis=3)
    theta = Tensor(np.eye(2, 3, dtype=np.float32)[np.newaxis], requires_grad=True)
    optimizer = minicnn.optim.Adam([theta], lr=0.02)
    for _ in range(60):
        loss = F.mse_loss(F.grid_sample(x, F.affine_grid(theta, x.shape)), aim)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert abs(theta.data[0, 0, 2] - 2 / 9) < 0.03  # a pixel of nine
    assert loss.item() < 1e-4


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: F.grid_sample(np.ones((1, 1, 2)), np.ones((1, 1, 1, 2))),
            ValueError,
            "input must",
        ),
        (lambda: F.grid_sample(np.ones((1, 1, 2, 2)), np.ones((2, 1, 1, 2))), ValueError, "input"),
        (
            lambda: F.grid_sample(np.ones((1, 1, 2, 2)), np.ones((1, 1, 1, 2)), "bicubic"),
            ValueError,
            "mode must be 'bilinear' or 'nearest', got 'bicubic'",
        ),
        (
            lambda: F.grid_sample(
                np.ones((1, 1, 2, 2)), np.ones((1, 1, 1, 2)), padding_mode="wrap"
            ),
            ValueError,
            "padding_mode must be one of",
        ),
        (lambda: F.grid_sample([[[[1]]]], [[[[0.0, 0.0]]]]), TypeError, "x must be floating point"),
    ],
)
def test_errors_name_the_argument(call, error, text) -> None:
    with pytest.raises(error, match=f"^grid_sample: {text}"):
        call()


def test_errors_of_affine_grid() -> None:
    with pytest.raises(
        ValueError, match=r"^affine_grid: theta must have shape \(N, 2, 3\) for N ="
    ):
        F.affine_grid(np.ones((2, 2, 3)), (1, 1, 2, 2))
    with pytest.raises(ValueError, match=r"^affine_grid: size must be four ints"):
        F.affine_grid(np.ones((1, 2, 3)), (1, 2, 2))
