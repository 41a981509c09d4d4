"""Transforms of whole batches that mix each image with another one: MixUp and CutMix."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.random import current_generator
from minicnn.tensor import Tensor, as_tensor


class _Mix:
    """What both share: labels become shares of the classes, and are mixed as the images are."""

    def __init__(self, *, alpha: float = 1.0, num_classes: int | None = None) -> None:
        name = type(self).__name__
        if isinstance(alpha, bool) or not isinstance(alpha, numbers.Real) or not alpha > 0:
            raise ValueError(f"{name}: alpha must be a positive number, got {alpha!r}")
        self.alpha: float = float(alpha)
        self.num_classes: int | None = num_classes
        if num_classes is not None and integer(name, "num_classes", num_classes) < 1:
            raise ValueError(f"{name}: num_classes must be at least 1, got {num_classes}")

    def __call__(self, images: Any, labels: Any) -> tuple[Tensor, Tensor]:
        x, shares = as_tensor(images).data, self._shares(as_tensor(labels).data)
        if x.ndim != 4 or x.dtype.kind != "f" or len(x) != len(shares):
            raise ValueError(
                f"{type(self).__name__}: images must be floats of shape (N, C, H, W), and labels"
                f" have N entries, got {x.dtype} of {x.shape} and labels of {shares.shape}"
            )
        mixed, kept = self._mixed(x, np.roll(x, 1, axis=0), current_generator())
        part = np.float32(kept)
        mixed_labels = part * shares + (1 - part) * np.roll(shares, 1, axis=0)
        return Tensor.of_array(mixed), Tensor.of_array(mixed_labels)

    def _shares(self, labels: np.ndarray) -> np.ndarray:
        """Return the shares of the classes, shape (N, num_classes)."""
        name = type(self).__name__
        if labels.ndim == 2 and labels.dtype.kind == "f":
            return labels.astype(np.float32)
        if labels.ndim != 1 or labels.dtype.kind not in "iu":
            raise ValueError(
                f"{name}: labels must be ints of shape (N,) or floats of shape (N, num_classes),"
                f" got {labels.dtype} of shape {labels.shape}"
            )
        if self.num_classes is None:
            raise ValueError(f"{name}: num_classes must be given, since labels are ints")
        if labels.size and not (labels.min() >= 0 and labels.max() < self.num_classes):
            raise ValueError(
                f"{name}: labels must be 0 to {self.num_classes - 1}, got {labels.min()} to"
                f" {labels.max()}"
            )
        return np.eye(self.num_classes, dtype=np.float32)[labels]

    def _mixed(
        self, x: np.ndarray, other: np.ndarray, generator: np.random.Generator
    ) -> tuple[np.ndarray, float]:
        """Return the images, and how much of them is still x."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}(alpha={self.alpha:g}, num_classes={self.num_classes})"


class MixUp(_Mix):
    """Mix each image of a batch, and its label, with the one before it: r of it, 1 - r of that one.

    One r for the batch, drawn from Beta(alpha, alpha). To be called on a batch, or in a
    `collate_fn`, where a loader's draws depend on seed, epoch and place alone.

    Args:
        alpha: The larger, the nearer r is to 1/2; 1 for all r alike.
        num_classes: How many classes there are, for labels that are ints.

    Returns:
        images, shape (N, C, H, W), and labels, float32 of shape (N, num_classes).

    Example:
        >>> images, labels = MixUp(num_classes=3)(np.zeros((2, 1, 4, 4)), np.array([0, 2]))
        >>> labels.shape, float(labels.numpy().sum())
        ((2, 3), 2.0)

    Source: Zhang et al., "mixup: beyond empirical risk minimization", arXiv:1710.09412, section 2.
    """

    def _mixed(
        self, x: np.ndarray, other: np.ndarray, generator: np.random.Generator
    ) -> tuple[np.ndarray, float]:
        kept = x.dtype.type(generator.beta(self.alpha, self.alpha))
        return kept * x + (1 - kept) * other, float(kept)


class CutMix(_Mix):
    """Replace a rectangle of each image by that of the image before it; labels by its area.

    One rectangle for the batch; the share of the area that it leaves is drawn from Beta(alpha,
    alpha), before what is beyond the image's border is cut off.

    Args:
        alpha, num_classes: As of `MixUp`.

    Returns:
        images, shape (N, C, H, W), and labels, float32 of shape (N, num_classes).

    Example:
        >>> images, labels = CutMix(num_classes=3)(np.zeros((2, 1, 4, 4)), np.array([0, 2]))
        >>> images.shape
        (2, 1, 4, 4)

    Source: Yun et al., "CutMix: regularization strategy to train strong classifiers with
    localizable features", arXiv:1905.04899, section 3.1.
    """

    def _mixed(
        self, x: np.ndarray, other: np.ndarray, generator: np.random.Generator
    ) -> tuple[np.ndarray, float]:
        H, W = x.shape[2:]
        side = 0.5 * math.sqrt(1 - generator.beta(self.alpha, self.alpha))  # half of it
        y_mid, x_mid = int(generator.integers(H)), int(generator.integers(W))
        top, bottom = max(y_mid - int(side * H), 0), min(y_mid + int(side * H), H)
        left, right = max(x_mid - int(side * W), 0), min(x_mid + int(side * W), W)
        mixed = x.copy()
        mixed[:, :, top:bottom, left:right] = other[:, :, top:bottom, left:right]
        return mixed, 1 - (bottom - top) * (right - left) / (H * W)
