"""Images for the tests of transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image


def random_image(seed: int, H: int, W: int, C: int = 3, dtype: Any = np.uint8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if np.dtype(dtype) == np.uint8:
        return rng.integers(0, 256, (H, W, C), dtype=np.uint8)
    return rng.random((H, W, C)).astype(dtype)


@st.composite
def images(draw: Any, smallest: int = 1, largest: int = 24, channels: Any = (1, 3)) -> np.ndarray:
    """uint8 images (H, W, C), also narrow ones."""
    H, W = draw(st.integers(smallest, largest)), draw(st.integers(smallest, largest))
    return random_image(draw(st.integers(0, 2**32)), H, W, draw(st.sampled_from(channels)))


def pil(image: np.ndarray) -> Image.Image:
    return Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)


def pixels(image: Image.Image) -> np.ndarray:
    array = np.asarray(image)
    return array if array.ndim == 3 else array[:, :, None]
