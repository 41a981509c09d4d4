"""RandAugment and TrivialAugmentWide: each operation is Pillow's; the draws cover what they may."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

import minicnn
from minicnn.transforms import AutoAugment, RandAugment, TrivialAugmentWide
from minicnn.transforms._policies import CIFAR10, IMAGENET, SVHN, parsed
from tests.transforms.images import pil, pixels, random_image

AFFINE = Image.Transform.AFFINE
IMAGE = random_image(3, 24, 31)


def moved(*coefficients: float) -> np.ndarray:
    """Pillow's image of (x, y) -> (ax + by + c, dx + ey + f), nearest pixels."""
    return pixels(pil(IMAGE).transform((31, 24), AFFINE, coefficients, Image.Resampling.NEAREST))


# An operation, its strength, and what Pillow makes of the image.
CASES = [
    ("Identity", 0.0, lambda: IMAGE),
    ("ShearX", 0.27, lambda: moved(1, 0.27, 0, 0, 1, 0)),
    ("ShearX", -0.31, lambda: moved(1, -0.31, 0, 0, 1, 0)),
    ("ShearY", 0.27, lambda: moved(1, 0, 0, 0.27, 1, 0)),
    ("TranslateX", 3.9, lambda: moved(1, 0, -3, 0, 1, 0)),
    ("TranslateY", -2.2, lambda: moved(1, 0, 0, 0, 1, 2)),
    ("Rotate", 17.0, lambda: pixels(pil(IMAGE).rotate(17.0))),
    ("Brightness", -0.4, lambda: pixels(ImageEnhance.Brightness(pil(IMAGE)).enhance(0.6))),
    ("Color", 0.3, lambda: pixels(ImageEnhance.Color(pil(IMAGE)).enhance(1.3))),
    ("Contrast", 0.3, lambda: pixels(ImageEnhance.Contrast(pil(IMAGE)).enhance(1.3))),
    ("Sharpness", 0.8, lambda: pixels(ImageEnhance.Sharpness(pil(IMAGE)).enhance(1.8))),
    ("Posterize", 5.0, lambda: pixels(ImageOps.posterize(pil(IMAGE), 5))),
    ("Solarize", 0.4, lambda: pixels(ImageOps.solarize(pil(IMAGE), 102))),
    ("AutoContrast", 0.0, lambda: pixels(ImageOps.autocontrast(pil(IMAGE)))),
    ("Invert", 0.0, lambda: pixels(ImageOps.invert(pil(IMAGE)))),
    ("Equalize", 0.0, lambda: pixels(ImageOps.equalize(pil(IMAGE)))),
]


@pytest.mark.parametrize(("name", "value", "expected"), CASES)
def test_an_operation_is_pillows(name: str, value: float, expected) -> None:
    np.testing.assert_array_equal(RandAugment().changed(IMAGE, name, value), expected())


def strengths(transform, count: int = 3000) -> tuple[Counter, dict[str, set[float]]]:
    minicnn.manual_seed(0)
    names: Counter = Counter()
    values: dict[str, set[float]] = {}
    for _ in range(count):
        for name, value in transform.make_params(IMAGE)["operations"]:
            names[name] += 1
            values.setdefault(name, set()).add(round(value, 4))
    return names, values


def test_randaugment_draws_operations_evenly_and_one_strength_of_either_sign() -> None:
    names, values = strengths(RandAugment(num_ops=2, magnitude=10))
    assert len(names) == 14
    assert sum(names.values()) == 6000
    assert min(names.values()) > 340  # 429 expected, deviation 20
    third = 10 / 30
    expected = {"ShearX": 0.3 * third, "Rotate": 30 * third, "Color": 0.9 * third}
    expected |= {"TranslateX": 150 / 331 * 31 * third, "TranslateY": 150 / 331 * 24 * third}
    for name, value in expected.items():
        assert values[name] == {round(value, 4), round(-value, 4)}
    assert values["Posterize"] == {round(8 - 4 * third)}
    assert values["Solarize"] == {round(1 - third, 4)}


def test_trivialaugment_draws_strengths_from_the_wide_range() -> None:
    names, values = strengths(TrivialAugmentWide(5))
    assert sum(names.values()) == 3000
    ramp = [0.25, 0.5, 0.75, 1.0]
    assert values["Rotate"] == {0.0} | {s * 135 * r for r in ramp for s in (1, -1)}
    assert values["TranslateY"] == {0.0} | {s * 32 * r for r in ramp for s in (1, -1)}
    assert values["Posterize"] == {8.0, 6.0, 5.0, 4.0, 2.0}  # 6.5, 5 and 3.5 round to even
    assert values["Solarize"] == {1.0, 0.75, 0.5, 0.25, 0.0}


@pytest.mark.parametrize("text", [IMAGENET, CIFAR10, SVHN])
def test_policies_are_25_of_two_known_operations_each(text: str) -> None:
    policies = parsed(text)
    assert len(policies) == 25
    for policy in policies:
        assert len(policy) == 2
        for name, p, number in policy:
            RandAugment().changed(IMAGE, name, 0.5)
            assert 0 <= p <= 1
            assert -1 <= number <= 9
            assert (number == -1) == (name in ("AutoContrast", "Equalize", "Invert"))


def test_autoaugment_draws_policies_by_their_probabilities() -> None:
    minicnn.manual_seed(0)
    transform = AutoAugment("cifar10")
    drawn = [transform.make_params(IMAGE)["operations"] for _ in range(5000)]
    counts = Counter(len(operations) for operations in drawn)
    policies = parsed(CIFAR10)
    both = sum(a[1] * b[1] for a, b in policies) / 25
    none = sum((1 - a[1]) * (1 - b[1]) for a, b in policies) / 25
    assert abs(counts[2] / 5000 - both) < 0.03  # four standard deviations
    assert abs(counts[0] / 5000 - none) < 0.03
    values = {value for operations in drawn for name, value in operations if name == "TranslateX"}
    assert max(values) == pytest.approx(150 / 331 * 31)
    assert min(values) == -max(values)
    with pytest.raises(ValueError, match=r"^AutoAugment: policy must be one of 'imagenet', 'cifar"):
        AutoAugment("mnist")


@pytest.mark.parametrize("make", [AutoAugment, RandAugment, TrivialAugmentWide])
def test_they_keep_form_dtype_and_size(make) -> None:
    minicnn.manual_seed(1)
    for dtype in (np.uint8, np.float32):
        for C in (1, 3):
            for seed in range(20):
                image = random_image(seed, 12, 9, C, dtype)
                changed = make(fill=0)(image)
                assert (changed.shape, changed.dtype) == (image.shape, image.dtype)
                assert changed.min() >= 0
                assert changed.max() <= (255 if dtype == np.uint8 else 1)
