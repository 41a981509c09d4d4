"""Forms and types of images."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from PIL import Image

from minicnn.tensor import Tensor
from minicnn.transforms import Grayscale, Normalize, Pad, ToDtype, ToImage, ToTensor, Transform
from tests.transforms.images import images, pil, random_image

EVERY = np.arange(256, dtype=np.uint8)[None]


@given(images())
def test_to_tensor_puts_channels_first_and_divides_by_255(image: np.ndarray) -> None:
    tensor = ToTensor()(image)
    assert isinstance(tensor, Tensor)
    assert tensor.dtype == np.float32
    expected = np.float32(image.transpose(2, 0, 1) / 255)
    np.testing.assert_array_equal(tensor.data, expected)
    np.testing.assert_array_equal(ToTensor()(pil(image)).data, expected)
    np.testing.assert_array_equal(ToImage()(image).data, image.transpose(2, 0, 1))


def test_every_byte_is_divided_exactly_and_comes_back() -> None:
    floats = ToTensor()(EVERY).data.ravel()
    for byte, value in enumerate(floats.tolist()):
        assert abs(Fraction(value) - Fraction(byte, 255)) <= Fraction(1, 2**25)
    back = ToDtype("uint8", scale=True)(floats[None])
    np.testing.assert_array_equal(back, EVERY)
    assert ToDtype(np.float64)(EVERY).tolist() == [list(map(float, range(256)))]
    np.testing.assert_array_equal(ToDtype(np.uint8, True)(EVERY), EVERY)


def test_normalize_subtracts_and_divides_by_channel() -> None:
    image = random_image(0, 4, 5, 3, np.float32)
    mean, std = [0.1, 0.2, 0.3], [0.5, 0.25, 2.0]
    expected = (image - np.float32(mean)) / np.float32(std)
    np.testing.assert_array_equal(Normalize(mean, std)(image), expected)
    tensor = Normalize(mean, std)(Tensor(image.transpose(2, 0, 1)))
    np.testing.assert_array_equal(tensor.data, expected.transpose(2, 0, 1))
    assert Normalize(0.5, 0.5)(image).dtype == np.float32


def test_what_comes_with_the_image_is_passed_on() -> None:
    image, label = random_image(0, 2, 2), "cat"
    for transform in (ToTensor(), ToImage(), Pad(1)):
        out, same = transform(image, label)
        assert same is label
        assert out.shape != ()


def test_pil_modes() -> None:
    assert Pad(0)(Image.new("L", (3, 2), 5)).shape == (2, 3)
    assert Pad(0)(Image.new("RGBA", (3, 2))).shape == (2, 3, 4)
    assert Pad(0)(Image.new("1", (3, 2), 1)).tolist() == [[255] * 3] * 2
    palette = Image.new("RGB", (3, 2), (255, 0, 0)).convert("P")
    assert Pad(0)(palette)[0, 0].tolist() == [255, 0, 0]
    with pytest.raises(TypeError, match="8 bits a channel, got mode 'I;16'"):
        Pad(0)(Image.new("I;16", (3, 2)))


def test_a_plane_stays_a_plane() -> None:
    plane = random_image(0, 3, 4)[:, :, 0]
    assert Pad(1)(plane).shape == (5, 6)
    assert Grayscale(3)(plane).shape == (3, 4, 3)


@pytest.mark.parametrize(
    ("image", "error", "match"),
    [
        (np.zeros((2, 2), np.int64), TypeError, "must be uint8 or float, got int64"),
        (np.zeros((2, 2, 2, 2), np.uint8), ValueError, "only a tensor has its channels first"),
        (Tensor(np.zeros((2, 2), np.float32)), ValueError, r"must have shape \(C, H, W\)"),
        (np.zeros((0, 2), np.uint8), ValueError, "must have pixels"),
        ("cat.png", TypeError, "must be an array, a tensor or a PIL image, got str"),
    ],
)
def test_what_is_no_image_is_refused(image: Any, error: type[Exception], match: str) -> None:
    for transform in (Pad(1), ToTensor()):
        with pytest.raises(error, match=match):
            transform(image)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(TypeError, match="dtype must be uint8, float32 or float64, got int16"):
        ToDtype(np.int16)
    with pytest.raises(ValueError, match="mean must be finite and std positive"):
        Normalize(0.0, [1.0, 0.0])
    with pytest.raises(ValueError, match="mean has 2 values for 3 channels"):
        Normalize([0.0, 0.0], 1.0)(random_image(0, 2, 2, 3, np.float32))
    with pytest.raises(TypeError, match="needs a float image, got uint8; see ToTensor"):
        Normalize(0.0, 1.0)(EVERY)
    with pytest.raises(NotImplementedError, match="Transform does not define transform"):
        Transform()(EVERY)


def test_a_transform_shows_its_settings() -> None:
    assert repr(Pad(2, fill=1)) == "Pad(padding=2, fill=1, padding_mode='constant')"
