"""Digits are the ones that scikit-learn carries, and split without any chance."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from sklearn.datasets import load_digits

from minicnn.data import DataLoader
from minicnn.datasets import Digits


def test_images_and_labels_are_scikit_learns() -> None:
    train, test = Digits(train=True), Digits(train=False)
    assert (len(train), len(test)) == (1442, 355)
    theirs = load_digits()
    # Put both parts back in their places: of each class, every fifth is for testing.
    seen = [0] * 10
    parts = {False: iter(zip(train.data, train.targets)), True: iter(zip(test.data, test.targets))}
    for their_image, their_label in zip(theirs.images, theirs.target):
        seen[their_label] += 1
        image, label = next(parts[seen[their_label] % 5 == 0])
        assert label == their_label
        np.testing.assert_array_equal(image, their_image)
    assert [list(rest) for rest in parts.values()] == [[], []]


def test_classes_are_balanced_in_both_parts() -> None:
    for train, fewest, most in ((True, 140, 147), (False, 34, 37)):
        counts = np.bincount(Digits(train).targets, minlength=10)
        assert fewest <= counts.min() <= counts.max() <= most


def test_samples_are_scaled_and_batches_equal_them() -> None:
    digits = Digits()
    image, label = digits[3]
    assert (image.shape, image.dtype, type(label)) == ((1, 8, 8), np.float32, int)
    np.testing.assert_array_equal(image.data[0] * 16, digits.data[3])
    images, labels = digits.get_batch(np.array([3, 5, 3]))
    assert (images.shape, images.dtype, labels.dtype) == ((3, 1, 8, 8), np.float32, np.int64)
    for i, index in enumerate([3, 5, 3]):
        np.testing.assert_array_equal(images.data[i], digits[index][0].data)
        assert labels.data[i] == digits[index][1]


def test_transforms_are_applied_to_samples_and_batches() -> None:
    digits = Digits(
        transform=lambda x: x[None] / np.float32(255), target_transform=lambda y: y + 100
    )
    plain = Digits()
    ((images, labels),) = list(DataLoader(digits, batch_sampler=[[4, 2]]))
    levels = plain.get_batch(np.array([4, 2]))[0].data * 16  # 0..16, which become 0..255
    np.testing.assert_array_equal(np.rint(images.data * 255), np.rint(levels * 255 / 16))
    assert labels.tolist() == [plain[4][1] + 100, plain[2][1] + 100]


def test_scikit_learn_is_not_needed() -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "from minicnn.datasets import Digits; print(len(Digits()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "1442\n", done.stderr
