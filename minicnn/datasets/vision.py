"""What the image datasets share: samples out of whole arrays, singly or a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from minicnn import random
from minicnn.data.collate import default_collate
from minicnn.data.dataset import Dataset
from minicnn.tensor import Tensor
from minicnn.transforms.batch import BatchPlan, batch_plan


class ImageDataset(Dataset):
    """Images and their labels. Sample i is `(image, label)`.

    Args:
        data: The images as stored, unsigned bytes: grey ones of shape (N, H, W), C is then 1, or
            coloured ones of shape (N, H, W, C).
        targets: The labels, shape (N,).
        transform: Called on each image, a uint8 array of shape (H, W) or (H, W, C) with values of 0
            to 255, as `minicnn.transforms` takes it. Without one, an image is a float32 tensor of
            shape (C, H, W) with values in [0, 1].
        target_transform: Called on each label, an int.

    Attributes:
        white: The stored value that becomes 1.
        classes: The names of the labels.
    """

    white: ClassVar[int] = 255
    classes: ClassVar[tuple[str, ...]] = tuple("0123456789")

    def __init__(
        self,
        data: np.ndarray,
        targets: np.ndarray,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
    ) -> None:
        self.data = data
        self.targets = targets.astype(np.int64)
        self.transform, self.target_transform = transform, target_transform

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        label: Any = int(self.targets[index])
        if self.target_transform is not None:
            label = self.target_transform(label)
        if self.transform is not None:
            return self.transform(self._bytes(self.data[index])), label
        return Tensor.of_array(self._scaled(self.data[index])), label

    @property
    def gathers(self) -> bool:
        """Whether `get_batch` is more than a loop over single samples."""
        plain = self.transform is None or self._plan() is not None
        return plain and self.target_transform is None

    def get_batch(self, indices: np.ndarray) -> tuple[Any, Any]:
        """Return images of shape (len(indices), C, H, W) and labels of shape (len(indices),)."""
        plan = self._plan()
        if self.target_transform is not None or (self.transform is not None and plan is None):
            each = [self[int(indices[i])] for i in random.samples(len(indices))]
            batch: tuple[Any, Any] = default_collate(each)
            return batch
        if plan is None:
            images = self._scaled(self.data[indices])  # (len(indices), C, H, W)
        else:
            indices = np.arange(len(self))[indices]  # negative ones count from the end
            images = plan(self.data.reshape(*self.data.shape[:3], -1), indices)
        return Tensor.of_array(images), Tensor.of_array(self.targets[indices])

    def _plan(self) -> BatchPlan | None:
        """Return how a kernel does `transform` to many images at once; None if it cannot."""
        if self.transform is None or self.white != 255:
            return None
        H, W, C = (*self.data.shape[1:], 1)[:3]
        return batch_plan(self.transform, (H, W, C))

    def _bytes(self, pixels: np.ndarray) -> np.ndarray:
        """Return a copy, which the transform may change, with 255 for white."""
        if self.white == 255:
            return pixels.copy()
        return np.rint(pixels * (255 / self.white)).astype(np.uint8)

    def _scaled(self, pixels: np.ndarray) -> np.ndarray:
        """Put the channels before the pixels, and make white 1."""
        channels_first = (
            pixels[..., None, :, :] if self.data.ndim == 3 else np.moveaxis(pixels, -1, -3)
        )
        scaled: np.ndarray = np.divide(
            channels_first, np.float32(self.white), dtype=np.float32, order="C"
        )
        return scaled
