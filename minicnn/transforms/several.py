"""Several crops of one image, for the mean of a network's answers: FiveCrop and TenCrop."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn._checks import boolean
from minicnn.transforms._image import Transform, channels_last, height_width
from minicnn.transforms.crop import CenterCrop


class FiveCrop(Transform):
    """Cut out the four corners and the middle.

    Returns:
        A tuple of five images: upper left, upper right, lower left, lower right, middle.

    Raises:
        ValueError: When called, if the image is smaller than `size`.

    Example:
        >>> crops = FiveCrop(2)(np.arange(9, dtype=np.uint8).reshape(3, 3))
        >>> [crop.tolist() for crop in crops[:2]]
        [[[0, 1], [3, 4]], [[1, 2], [4, 5]]]
    """

    def __init__(self, size: Any) -> None:
        self.size = height_width(type(self).__name__, size)

    def crops(self, pixels: np.ndarray) -> list[np.ndarray]:
        """Return the crops of an image of shape (H, W, C)."""
        (H, W, _), (h, w) = pixels.shape, self.size
        if h > H or w > W:
            raise ValueError(
                f"{type(self).__name__}: size {self.size} must not be larger than the image's"
                f" {(H, W)}"
            )
        corners = [(0, 0), (0, W - w), (H - h, 0), (H - h, W - w)]
        corners.append(CenterCrop(self.size).corner(H, W))
        return [pixels[top : top + h, left : left + w] for top, left in corners]

    def __call__(self, image: Any, *others: Any) -> Any:
        pixels, restore = channels_last(type(self).__name__, image)
        result = tuple([restore(crop) for crop in self.crops(pixels)])
        return (result, *others) if others else result


class TenCrop(FiveCrop):
    """Cut out the five crops of `FiveCrop`, and those of the mirrored image.

    Args:
        size: (height, width), or one int for both.
        vertical_flip: Whether the mirror turns it upside down instead of left to right.

    Returns:
        A tuple of ten images.

    Raises:
        ValueError: When called, if the image is smaller than `size`.

    Example:
        >>> len(TenCrop(2)(np.zeros((3, 3), np.uint8)))
        10

    Source: Krizhevsky et al., "ImageNet classification with deep convolutional neural networks",
    NIPS 2012, section 4.1.
    """

    def __init__(self, size: Any, vertical_flip: bool = False) -> None:
        super().__init__(size)
        self.vertical_flip = boolean("TenCrop", "vertical_flip", vertical_flip)

    def crops(self, pixels: np.ndarray) -> list[np.ndarray]:
        mirrored = pixels[::-1] if self.vertical_flip else pixels[:, ::-1]
        return super().crops(pixels) + super().crops(mirrored)
