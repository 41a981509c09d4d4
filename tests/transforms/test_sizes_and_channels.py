"""Several crops, random sizes, channels, noise: each by its definition on drawn images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import minicnn
from minicnn import Tensor, transforms
from tests.transforms.images import images, random_image


@given(images(smallest=5), st.integers(1, 5), st.integers(1, 5))
def test_five_and_ten_crops(image: np.ndarray, h: int, w: int) -> None:
    H, W, _ = image.shape
    five = transforms.FiveCrop((h, w))(image)
    expected = [image[:h, :w], image[:h, W - w :], image[H - h :, :w], image[H - h :, W - w :]]
    for got, corner in zip(five, expected):
        np.testing.assert_array_equal(got, corner)
    np.testing.assert_array_equal(five[4], transforms.CenterCrop((h, w))(image))
    for upside_down in (False, True):
        ten = transforms.TenCrop((h, w), upside_down)(image)
        mirrored = transforms.FiveCrop((h, w))(image[::-1] if upside_down else image[:, ::-1])
        for got, crop in zip(ten, (*five, *mirrored)):
            np.testing.assert_array_equal(got, crop)


def test_crops_of_a_tensor_are_tensors_and_labels_pass() -> None:
    x = Tensor(np.arange(27.0).reshape(3, 3, 3))
    crops, label = transforms.FiveCrop(2)(x, 7)
    assert label == 7
    assert [crop.shape for crop in crops] == [(3, 2, 2)] * 5


def test_random_sizes() -> None:
    image = random_image(0, 20, 30)
    seen = {transforms.RandomResize(4, 7)(image).shape[:2] for _ in range(100)}
    assert seen == {(4, 6), (5, 7), (6, 9)}
    seen = {
        transforms.RandomShortestSize([10, 18], max_size=24)(image).shape[:2] for _ in range(60)
    }
    assert seen == {(10, 15), (16, 24)}
    for _ in range(50):
        H, W, _ = transforms.ScaleJitter((40, 40), (0.5, 1.5))(image).shape
        assert 13 <= H <= 40
        assert abs(W / H - 1.5) < 0.1
    for _ in range(50):
        out = transforms.RandomZoomOut(fill=9, side_range=(1.5, 2.0), p=1.0)(image)
        H, W, _ = out.shape
        assert 30 <= H <= 40
        rows, columns = (np.flatnonzero((out != 9).any(axis=axes)) for axes in ((1, 2), (0, 2)))
        top, left = rows[0], columns[0]
        np.testing.assert_array_equal(out[top : top + 20, left : left + 30], image)


def test_noise_has_the_mean_and_deviation_asked_for() -> None:
    minicnn.manual_seed(0)
    gray = np.full((200, 200), 0.5)
    noisy = transforms.GaussianNoise(0.1, 0.05)(gray) - gray
    assert abs(noisy.mean() - 0.1) < 0.002
    assert abs(noisy.std() - 0.05) < 0.002
    assert transforms.GaussianNoise(sigma=5.0)(gray).max() == 1
    assert transforms.GaussianNoise(sigma=5.0, clip=False)(gray).max() > 1
    noisy = transforms.GaussianNoise(sigma=0.1)(np.full((200, 200), 128, np.uint8))
    assert noisy.dtype == np.uint8
    assert abs(noisy.std() - 25.5) < 1


def test_channels() -> None:
    image = random_image(1, 3, 4)
    orders = set()
    for _ in range(100):
        out = transforms.RandomChannelPermutation()(image)
        orders.add(tuple(int(np.argmax((image == out[:, :, [c]]).all((0, 1)))) for c in range(3)))
    assert len(orders) == 6
    np.testing.assert_array_equal(transforms.RGB()(image), image)
    np.testing.assert_array_equal(transforms.RGB()(image[:, :, 0])[:, :, 2], image[:, :, 0])
    np.testing.assert_array_equal(transforms.Identity()(image), image)
    with pytest.raises(ValueError, match=r"^RGB: an image must have 1 or 3 channels, got 4"):
        transforms.RGB()(np.zeros((2, 2, 4), np.uint8))


def test_a_linear_transformation_whitens() -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(500, 12)) @ rng.normal(size=(12, 12)) + 3
    mean = data.mean(0)
    values, vectors = np.linalg.eigh(np.cov(data.T))
    transform = transforms.LinearTransformation(vectors / np.sqrt(values), mean)
    whitened = np.stack([transform(Tensor(row.reshape(3, 2, 2))).data.ravel() for row in data])
    np.testing.assert_allclose(np.cov(whitened.T), np.eye(12), atol=1e-9)


def test_photometric_distortion_draws_each_change_by_itself() -> None:
    image = random_image(2, 5, 5)
    transform = transforms.RandomPhotometricDistort(p=0.5)
    minicnn.manual_seed(0)
    drawn = [transform.make_params(image) for _ in range(400)]
    for i, (low, high) in enumerate([(0.875, 1.125), (0.5, 1.5), (0.5, 1.5), (-0.05, 0.05)]):
        factors = [params["factors"][i] for params in drawn if params["factors"][i] is not None]
        assert 150 < len(factors) < 250
        assert low <= min(factors) < max(factors) <= high
    neutral = transforms.RandomPhotometricDistort((1, 1), (1, 1), (1, 1), (0, 0), p=1.0)
    out = neutral(image)
    assert sorted(out.sum((0, 1)).tolist()) == sorted(image.sum((0, 1)).tolist())
    np.testing.assert_array_equal(transforms.RandomPhotometricDistort(p=0.0)(image), image)


def test_pil_images_and_back() -> None:
    image = random_image(3, 4, 5)
    picture = transforms.ToPILImage()(image)
    assert isinstance(picture, Image.Image)
    np.testing.assert_array_equal(np.asarray(picture), image)
    again = transforms.PILToTensor()(picture)
    assert (again.dtype, again.shape) == (np.uint8, (3, 4, 5))
    np.testing.assert_array_equal(again.data, image.transpose(2, 0, 1))
    gray = transforms.ToPILImage()(transforms.ToTensor()(image[:, :, 0]))
    assert gray.mode == "L"
    np.testing.assert_array_equal(np.asarray(gray), image[:, :, 0])
    real = transforms.ConvertImageDtype("float32")(again)
    np.testing.assert_allclose(real.data, again.data / np.float32(255), rtol=1e-6)
    with pytest.raises(TypeError, match=r"^PILToTensor: a PIL image is needed, got ndarray"):
        transforms.PILToTensor()(image)
