"""MNIST: 70,000 handwritten digits of 28x28 pixels, read from the official files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from minicnn.datasets.idx import read_idx
from minicnn.datasets.vision import ImageDataset
from minicnn.errors import FormatError

# SHA-256 of the files' contents, unpacked: mirrors pack them differently.
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
SIZE = 28


class MNIST(ImageDataset):
    """60,000 digits for training and 10,000 for testing.

    A sample is an image, float32 of shape (1, 28, 28) with values in [0, 1], and its label, 0 to 9.

    Args:
        root: The folder of the official files, or the folder above its `mnist`; gzip'd or not. If
            left out, the environment variable MINICNN_DATA names it, and if that is not set it is
            `minicnn` in the user's cache folder.
        train: Whether to take the training part or the test part.
        transform: Called on each image.
        target_transform: Called on each label.
        download: Whether to fetch the files that are missing (needs pooch: the extra `download`).

    Attributes:
        data: The stored values 0..255, shape (N, 28, 28), uint8.
        targets: The labels, shape (N,), int64.

    Raises:
        FileNotFoundError: If files are missing; says which, where they were looked for, and how
            to get them.
        FormatError: If a file is corrupt.
        OSError: If a download fails.

    Example:
        >>> images, labels = MNIST("mnist", train=False).get_batch(np.arange(64))  # doctest: +SKIP

    Source: Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits";
    LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86(11),
    1998.
    """

    below: ClassVar[str] = "mnist"  # name of the folder that may hold the files

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        part = "train" if train else "t10k"
        names = [f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"]
        folder = Path(root) if root is not None else default_folder()
        places = self._places(folder, root is not None, download)
        paths = [_first(places, name) for name in names]
        if None in paths and download:
            for name, path in zip(names, paths):
                if path is None:
                    self._fetch(name, folder)
            paths = [_first(places, name) for name in names]
        found = [path for path in paths if path is not None]
        if len(found) < len(names):
            missing = [name for name, path in zip(names, paths) if path is None]
            raise FileNotFoundError(_advice(type(self).__name__, places, missing))
        images, labels = read_idx(found[0]), read_idx(found[1])
        _check(found[0], images, (len(labels), SIZE, SIZE))
        _check(found[1], labels, (len(images),))
        if labels.size and labels.max() > 9:
            place = int(np.argmax(labels > 9))
            raise FormatError(found[1], f"a label must be 0 to 9, got {labels[place]}", 8 + place)
        super().__init__(images, labels, transform, target_transform)
        self.root, self.train = folder, train

    @classmethod
    def _places(cls, folder: Path, named: bool, download: bool) -> list[Path]:
        """Return where to look; `named` says whether the caller named the folder."""
        return [folder, folder / cls.below]

    @classmethod
    def _fetch(cls, name: str, folder: Path) -> None:
        from minicnn.datasets.download import fetch  # imports much that is rarely needed

        fetch(f"{name}.gz", folder, MIRRORS, SHA256[name])


def default_folder() -> Path:
    """Return the folder that MINICNN_DATA names, or `minicnn` in the user's cache folder."""
    named = os.environ.get("MINICNN_DATA")
    if named:
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "minicnn"


def find(folder: Path, name: str) -> Path | None:
    """Return the file `name` or `name`.gz in `folder` or its `mnist`, or None."""
    return _first([folder, folder / MNIST.below], name)


def _first(places: list[Path], name: str) -> Path | None:
    for place in places:
        for path in (place / name, place / f"{name}.gz"):
            if path.is_file():
                return path
    return None


def _check(path: Path, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.dtype != np.uint8:
        raise FormatError(path, f"the type must be uint8 (0x08), got {array.dtype}", 2)
    if array.shape != shape:
        raise FormatError(path, f"the shape must be {shape}, got {array.shape}", 4)


def _advice(dataset: str, places: list[Path], missing: list[str]) -> str:
    files = ", ".join(f"{name}[.gz]" for name in missing)
    return (
        f"{dataset}: {files} not found in {' or '.join(str(place) for place in places)}. Give the"
        " folder of the official files as root or in the environment variable MINICNN_DATA, or let"
        f" {dataset}(download=True) fetch them (needs pooch: the extra `download`)."
    )
