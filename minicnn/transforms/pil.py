"""Between PIL images and minicnn's: ToPILImage, PILToTensor; ConvertImageDtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.tensor import Tensor
from minicnn.transforms._image import array_of, channels_last
from minicnn.transforms.conversion import ToDtype, scaled


class ToPILImage:
    """Make a PIL image of an array (H, W, C) or (H, W), or of a tensor (C, H, W).

    Float images of 0..1 become 8 bits. Needs Pillow: the extra `images`.

    Args:
        mode: Pillow's name of the form, "L", "RGB" or "RGBA"; None for what fits the channels.

    Raises:
        ValueError: When called, if the image has not 1, 3 or 4 channels.

    Example:
        >>> ToPILImage()(np.zeros((2, 3, 3), np.uint8)).size
        (3, 2)
    """

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, image: Any, *others: Any) -> Any:
        try:
            from PIL import Image
        except ImportError as error:
            raise ImportError(
                "ToPILImage needs Pillow: run `pip install '.[images]'` in minicnn's source folder,"
                f" or `pip install pillow` ({error})"
            ) from error
        pixels, _ = channels_last("ToPILImage", image)
        if pixels.shape[2] not in (1, 3, 4):
            raise ValueError(
                f"ToPILImage: an image must have 1, 3 or 4 channels, got {pixels.shape[2]}"
            )
        whole = np.ascontiguousarray(scaled(pixels, np.dtype(np.uint8)))
        result = Image.fromarray(whole[:, :, 0] if whole.shape[2] == 1 else whole)
        if self.mode is not None:
            result = result.convert(self.mode)
        return (result, *others) if others else result


class PILToTensor:
    """Make a uint8 tensor of shape (C, H, W) of a PIL image.

    Raises:
        TypeError: When called, if it is no PIL image.

    Example:
        >>> PILToTensor()(ToPILImage()(np.zeros((2, 3, 3), np.uint8))).shape
        (3, 2, 3)
    """

    def __call__(self, image: Any, *others: Any) -> Any:
        array = array_of(image)
        if array is image:
            raise TypeError(f"PILToTensor: a PIL image is needed, got {type(image).__name__}")
        pixels = array if array.ndim == 3 else array[:, :, None]
        result = Tensor.of_array(np.ascontiguousarray(pixels.transpose(2, 0, 1)))
        return (result, *others) if others else result


class ConvertImageDtype(ToDtype):
    """Change the type of the image's values, 0..255 being 0..1 in floats: `ToDtype` with scale.

    Args:
        dtype: uint8, float32 or float64, as NumPy names them.

    Example:
        >>> ConvertImageDtype()(np.full((1, 1), 51, np.uint8))
        array([[0.2]], dtype=float32)
    """

    def __init__(self, dtype: Any = "float32") -> None:
        super().__init__(dtype, scale=True)
