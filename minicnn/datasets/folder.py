"""Pictures in folders, one for each class: read by Pillow when they are asked for."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from minicnn.data.dataset import Dataset
from minicnn.errors import FormatError
from minicnn.transforms import ToTensor
from minicnn.transforms._image import array_of

IMG_EXTENSIONS = (
    ".jpg",
    ".jpeg",
    ".png",
    ".ppm",
    ".bmp",
    ".pgm",
    ".tif",
    ".tiff",
    ".webp",
)
# What Pillow may take a file for, whatever its name. Not EPS, which it lets another program run.
PICTURES = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
PIXELS_OF_A_BYTE = 8 * 1032


class DatasetFolder(Dataset):
    """Files in folders, one folder for each class: root/class/.../file.

    Sample i is `(what the loader gives, label)`. Classes are numbered in the order of their names,
    files stand in the order of theirs.

    Args:
        root: The folder above the classes' folders.
        loader: Called with a file's path; returns the sample.
        extensions: Which files to take, by the ends of their names, such as (".npy",); excludes
            `is_valid_file`.
        transform: Called on each sample.
        target_transform: Called on each label, an int.
        is_valid_file: Called with a file's path; says whether to take it.
        allow_empty: Whether a class may be without files.

    Attributes:
        classes: The folders' names.
        class_to_idx: The label of each.
        samples: Pairs of a path and a label.
        targets: The labels.

    Raises:
        FileNotFoundError: If the folder does not exist, has no folders, or a class has no files.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        loader: Callable[[str], Any],
        extensions: Sequence[str] | None = None,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        name = type(self).__name__
        if (extensions is None) == (is_valid_file is None):
            raise ValueError(f"{name}: give either extensions or is_valid_file")
        self.root, self.loader, self.extensions = root, loader, extensions
        self.transform, self.target_transform = transform, target_transform
        folder = Path(root)
        if not folder.is_dir():
            raise FileNotFoundError(f"{name}: root {folder} is not a folder")
        self.classes = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
        if not self.classes:
            raise FileNotFoundError(f"{name}: {folder} has no folders, one of which is a class")
        self.class_to_idx = {cls: i for i, cls in enumerate(self.classes)}
        self.samples: list[tuple[str, int]] = []
        empty = []
        for cls, label in self.class_to_idx.items():
            files = [path for path in _files(folder / cls) if self._wanted(path, is_valid_file)]
            self.samples += [(path, label) for path in files]
            if not files:
                empty.append(cls)
        if empty and not allow_empty:
            wanted = "is_valid_file accepts" if extensions is None else f"ends in {extensions}"
            raise FileNotFoundError(
                f"{name}: no file that {wanted} in the folders {', '.join(empty)} of {folder}; with"
                " allow_empty=True that is allowed"
            )
        self.targets = [label for _, label in self.samples]

    def _wanted(self, path: str, is_valid_file: Callable[[str], bool] | None) -> bool:
        if is_valid_file is not None:
            return bool(is_valid_file(path))
        assert self.extensions is not None
        return path.lower().endswith(tuple(e.lower() for e in self.extensions))

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, label = self.samples[index]
        sample, target = self.loader(path), label
        if self.transform is not None:
            sample = self.transform(sample)
        return sample, target if self.target_transform is None else self.target_transform(target)


class ImageFolder(DatasetFolder):
    """Pictures in folders, one folder for each class: root/cat/1.png (needs Pillow).

    A sample is an image, float32 of shape (3, H, W) with values in [0, 1], and its label. With a
    transform, it is what that makes of a uint8 array of shape (H, W, 3).

    Args:
        root, transform, target_transform, is_valid_file, allow_empty: As of `DatasetFolder`.
            Without `is_valid_file`, files are taken whose names end as pictures' do.
        loader: Called with a file's path; returns an image as `minicnn.transforms` takes it. If
            left out, Pillow reads the file, and makes it RGB.

    Attributes:
        classes, class_to_idx, samples, targets: As of `DatasetFolder`. imgs: The same as samples.

    Raises:
        FileNotFoundError: As of `DatasetFolder`.
        FormatError: When asked for a sample whose file is no picture, or is cut off.
        ImportError: If Pillow is not installed.

    Example:
        >>> folder = ImageFolder("pictures")  # doctest: +SKIP
        >>> image, label = folder[0]  # doctest: +SKIP
    """

    to_tensor: ClassVar[ToTensor] = ToTensor()

    def __init__(
        self,
        root: str | os.PathLike[str],
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        loader: Callable[[str], Any] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        if loader is None:
            _pillow()  # raises now, and not at the first sample
        super().__init__(
            root,
            read_image if loader is None else loader,
            IMG_EXTENSIONS if is_valid_file is None else None,
            self.to_tensor if transform is None else transform,
            target_transform,
            is_valid_file,
            allow_empty,
        )
        self.imgs = self.samples


def read_image(path: str | os.PathLike[str]) -> np.ndarray:
    """Return a picture as RGB, uint8 of shape (H, W, 3).

    Its size is bounded before it is unpacked: by Pillow's limit, MAX_IMAGE_PIXELS, and by 8,256
    pixels (a deflated byte's worth, one bit each) for each byte of the file beside 2**20.

    Raises:
        FormatError: If the file is no picture of the kinds in `PICTURES`, is cut off or too large.
        ImportError: If Pillow is not installed.
        OSError: If it cannot be opened.
    """
    pillow = _pillow()
    data = Path(path).read_bytes()  # a file that cannot be opened is no wrong picture
    try:
        # Not from the file, of which a decoder may ask for more bytes than are there.
        with pillow.open(io.BytesIO(data), formats=PICTURES) as image:
            limit = min(pillow.MAX_IMAGE_PIXELS or math.inf, 2**20 + PIXELS_OF_A_BYTE * len(data))
            if image.width * image.height > limit:
                raise ValueError(
                    f"{image.width} x {image.height} pixels of {len(data)} bytes, more than {limit}"
                )
            return np.asarray(array_of(image.convert("RGB")))
    except Exception as error:  # the decoders of so many formats raise whatever they meet
        raise FormatError(path, f"Pillow cannot read it as a picture: {error}") from error


def _pillow() -> Any:
    try:
        import PIL.Image  # many do without
    except ImportError:
        raise ImportError(
            "ImageFolder needs Pillow: install minicnn-engine with the extra `images`"
            " (pip install '.[images]'), or install Pillow"
        ) from None
    return PIL.Image


def _files(folder: Path) -> list[str]:
    """Return the paths of all files below the folder, also behind symbolic links, in order."""
    found = []
    for place, folders, names in os.walk(folder, followlinks=True):
        folders.sort()
        found += [os.path.join(place, name) for name in sorted(names)]
    return found
