"""What the image datasets share: samples out of whole arrays, singly or a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from minicnn.data.collate import default_collate
from minicnn.data.dataset import Dataset
from minicnn.tensor import Tensor


class ImageDataset(Dataset):
    """Images and their labels. Sample i is `(image, label)`.

    Args:
        data: The images as stored, unsigned bytes: grey ones of shape (N, H, W), C is then 1, or
            coloured ones of shape (N, H, W, C).
        targets: The labels, shape (N,).
        transform: Called on each image, a float32 tensor of shape (C, H, W) with values in [0, 1].
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
        image: Any = Tensor.of_array(self._scaled(self.data[index]))  # (C, H, W)
        label: Any = int(self.targets[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def get_batch(self, indices: np.ndarray) -> tuple[Any, Any]:
        """Return images of shape (len(indices), C, H, W) and labels of shape (len(indices),)."""
        if self.transform is not None or self.target_transform is not None:
            batch: tuple[Any, Any] = default_collate([self[int(i)] for i in indices])
            return batch
        images = self._scaled(self.data[indices])  # (len(indices), C, H, W)
        return Tensor.of_array(images), Tensor.of_array(self.targets[indices])

    def _scaled(self, pixels: np.ndarray) -> np.ndarray:
        """Put the channels before the pixels, and make white 1."""
        channels_first = (
            pixels[..., None, :, :] if self.data.ndim == 3 else np.moveaxis(pixels, -1, -3)
        )
        scaled: np.ndarray = np.divide(
            channels_first, np.float32(self.white), dtype=np.float32, order="C"
        )
        return scaled
