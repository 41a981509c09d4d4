"""1797 handwritten digits of 8x8 pixels, which come with the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from minicnn.datasets.vision import ImageDataset

FILE = Path(__file__).with_name("digits.npz")  # written by tools/make_digits.py
TEST_EVERY = 5  # of each class, the 5th, 10th, 15th, ... digit is for testing


class Digits(ImageDataset):
    """1797 digits by 13 people: 1442 for training and, every fifth of each class, 355 for testing.

    A sample is an image, float32 of shape (1, 8, 8) with values k / 16, k = 0..16 (how many of the
    16 pixels that became one were inked), and its label, 0 to 9.

    Args:
        train: Whether to take the training part or the test part.
        transform: Called on each image.
        target_transform: Called on each label.

    Attributes:
        data: The stored values 0..16, shape (N, 8, 8), uint8.
        targets: The labels, shape (N,), int64.

    Example:
        >>> image, label = Digits()[0]
        >>> image.shape, label
        ((1, 8, 8), 0)

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
    Learning Repository, 1998, doi:10.24432/C50P49, the file optdigits.tes; licence CC BY 4.0.
    """

    white: ClassVar[int] = 16

    def __init__(
        self,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> None:
        with np.load(FILE, allow_pickle=False) as file:
            images, labels = file["images"], file["labels"]
        is_test = np.zeros(len(labels), dtype=bool)
        for label in range(10):
            is_test[np.flatnonzero(labels == label)[TEST_EVERY - 1 :: TEST_EVERY]] = True
        part = ~is_test if train else is_test
        super().__init__(images[part], labels[part], transform, target_transform)
        self.train = train
