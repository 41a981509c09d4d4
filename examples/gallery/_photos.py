"""scikit-learn's two sample photos, which come with it: a temple in China and a flower."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_sample_image


def temple() -> np.ndarray:
    """Return the photo of a temple, shape (427, 640, 3), uint8."""
    return load_sample_image("china.jpg")


def flower() -> np.ndarray:
    """Return the photo of a flower, shape (427, 640, 3), uint8."""
    return load_sample_image("flower.jpg")


def grey(photo: np.ndarray) -> np.ndarray:
    """Return a photo's brightness from 0 to 1, shape (H, W)."""
    return photo @ np.array([0.299, 0.587, 0.114]) / 255
