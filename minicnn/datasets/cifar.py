"""CIFAR-10 and CIFAR-100: 60,000 coloured images of 32x32 pixels, read from the binary version."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from minicnn.datasets._cifar_names import (
    CIFAR10_CLASSES,
    CIFAR100_CLASSES,
    CIFAR100_COARSE_CLASSES,
)
from minicnn.datasets.mnist import default_folder
from minicnn.datasets.vision import ImageDataset
from minicnn.errors import FormatError

MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
SHA256 = {
    "cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    "cifar-100-binary.tar.gz": "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
}
SIZE = 32
PIXELS = 3 * SIZE * SIZE


class _CIFAR(ImageDataset):
    archive: ClassVar[str]
    below: ClassVar[str]  # name of the folder in the archive
    train_files: ClassVar[tuple[str, ...]]
    test_files: ClassVar[tuple[str, ...]]
    label_names: ClassVar[tuple[str, ...]]  # what the bytes before the pixels are called
    label_counts: ClassVar[tuple[int, ...]]  # how many values each of them can have

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        names = self.train_files if train else self.test_files
        folder = Path(root) if root is not None else default_folder()
        paths = self._find(folder, names)
        if None in paths and download:
            from minicnn.datasets.download import fetch_archive  # imports much, rarely needed

            members = [f"{self.below}/{name}" for name in self.train_files + self.test_files]
            fetch_archive(self.archive, folder, MIRRORS, SHA256[self.archive], members)
            paths = self._find(folder, names)
        found = [path for path in paths if path is not None]
        if len(found) < len(names):
            missing = [name for name, path in zip(names, paths) if path is None]
            raise FileNotFoundError(self._advice(folder, missing))
        parts = [read_cifar(path, self.label_counts, self.label_names) for path in found]
        images = np.concatenate([images for _, images in parts])  # (N, 3, 32, 32)
        labels = np.concatenate([labels for labels, _ in parts])  # (N, labels of a record)
        # A view with the channels last, as in torchvision; batches are gathered from it as fast.
        super().__init__(images.transpose(0, 2, 3, 1), labels[:, -1], transform, target_transform)
        self.root, self.train = folder, train
        self._labels = labels

    @classmethod
    def _find(cls, folder: Path, names: Sequence[str]) -> list[Path | None]:
        """Return each file in `folder` or its folder `below`, or None."""
        found: list[Path | None] = []
        for name in names:
            paths = (folder / name, folder / cls.below / name)
            found.append(next((path for path in paths if path.is_file()), None))
        return found

    @classmethod
    def _advice(cls, folder: Path, missing: list[str]) -> str:
        return (
            f"{cls.__name__}: {', '.join(missing)} not found in {folder} or {folder / cls.below}."
            " Give the folder of the official files (the binary version) as root or in the"
            f" environment variable MINICNN_DATA, or let {cls.__name__}(download=True) fetch them"
            " (needs pooch: the extra `download`)."
        )


class CIFAR10(_CIFAR):
    """50,000 images for training and 10,000 for testing, in 10 classes.

    A sample is an image, float32 of shape (3, 32, 32) with values in [0, 1], channels red, green,
    blue, and its label, 0 to 9.

    Args:
        root: The folder of the binary version's files, or the folder above its
            `cifar-10-batches-bin`. If left out, the environment variable MINICNN_DATA names it, and
            if that is not set it is `minicnn` in the user's cache folder.
        train: Whether to take the training part or the test part.
        transform: Called on each image.
        target_transform: Called on each label.
        download: Whether to fetch files that are missing, 162 MiB (needs pooch: the extra
            `download`).

    Attributes:
        data: The stored values 0..255, shape (N, 32, 32, 3), uint8.
        targets: The labels, shape (N,), int64.
        classes: The names of the labels.

    Raises:
        FileNotFoundError: If files are missing; says which, where they were looked for, and how
            to get them.
        FormatError: If a file is corrupt.
        OSError: If a download fails.

    Example:
        >>> images, labels = CIFAR10(train=False).get_batch(np.arange(64))  # doctest: +SKIP

    Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009, chapter 3;
    https://www.cs.toronto.edu/~kriz/cifar.html.
    """

    archive = "cifar-10-binary.tar.gz"
    below = "cifar-10-batches-bin"
    train_files = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
    test_files = ("test_batch.bin",)
    label_names = ("label",)
    label_counts = (10,)
    classes = CIFAR10_CLASSES


class CIFAR100(_CIFAR):
    """50,000 images for training and 10,000 for testing, in 100 classes of 20 groups.

    A sample is an image, float32 of shape (3, 32, 32) with values in [0, 1], and its label, 0 to
    99.

    Args:
        root: As of `CIFAR10`, with the folder `cifar-100-binary`.
        train, transform, target_transform, download: As of `CIFAR10`.

    Attributes:
        data, targets, classes: As of `CIFAR10`.
        coarse_targets: The groups of the labels, 0 to 19, shape (N,), int64.
        coarse_classes: The names of the groups.

    Raises:
        FileNotFoundError, FormatError, OSError: As `CIFAR10` does.
    """

    archive = "cifar-100-binary.tar.gz"
    below = "cifar-100-binary"
    train_files = ("train.bin",)
    test_files = ("test.bin",)
    label_names = ("coarse label", "fine label")
    label_counts = (20, 100)
    classes = CIFAR100_CLASSES
    coarse_classes: ClassVar[tuple[str, ...]] = CIFAR100_COARSE_CLASSES

    @property
    def coarse_targets(self) -> np.ndarray:
        """The groups of classes, int64, shape (N,)."""
        return self._labels[:, 0].astype(np.int64)


def read_cifar(
    path: str | os.PathLike[str],
    label_counts: Sequence[int] = (10,),
    label_names: Sequence[str] = ("label",),
) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels and images of one file of CIFAR's binary version.

    Args:
        path: The file: records of some label bytes and 3072 bytes of pixels, red, green, blue.
        label_counts: How many values each label can have.
        label_names: What each label is called, for the messages.

    Returns:
        labels, shape (N, len(label_counts)), and images, shape (N, 3, 32, 32); both uint8.

    Raises:
        FormatError: If the file is empty or ends within a record, or a label is out of range.
        OSError: If it cannot be opened or read.
    """
    values = np.fromfile(path, np.uint8)
    n_labels = len(label_counts)
    record = n_labels + PIXELS
    n, rest = divmod(values.size, record)
    if rest or n == 0:
        raise FormatError(
            path,
            f"the file must consist of records of {n_labels} + {PIXELS} = {record} bytes, but it"
            f" has {values.size} = {n} * {record} + {rest}",
            n * record,
        )
    records = values.reshape(n, record)
    labels = records[:, :n_labels]
    wrong = np.argwhere(labels >= np.asarray(label_counts))
    if len(wrong):
        row, column = (int(i) for i in wrong[0])
        raise FormatError(
            path,
            f"the {label_names[column]} of record {row} must be 0 to {label_counts[column] - 1},"
            f" got {labels[row, column]}",
            row * record + column,
        )
    return labels, records[:, n_labels:].reshape(n, 3, SIZE, SIZE)
