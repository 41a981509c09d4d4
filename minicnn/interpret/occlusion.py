"""Occlusion: what the output loses when a window of the image is covered."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.interpret._inputs import at_least, baseline_like, repeated
from minicnn.interpret._run import target_scores
from minicnn.interpret.gradients import Attribution
from minicnn.tensor import Tensor

Window = tuple[slice, ...]


class Occlusion(Attribution):
    """Covers windows of the image, one at a time, and sees by how much the output falls.

    A pixel's attribution is the mean of F_target(x) - F_target(x covered) over the windows that
    cover it.

    Args:
        model: The network, in eval mode when it is used. It is left as it is.

    Example:
        >>> from minicnn import nn
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(4, 1, bias=False)).eval()
        >>> model[1].weight.data[:] = [[1.0, 2.0, 3.0, 4.0]]
        >>> image = np.ones((1, 1, 2, 2), np.float32)
        >>> Occlusion(model).attribute(image, (1, 1, 2)).tolist()  # whole rows
        [[[[3.0, 3.0], [7.0, 7.0]]]]

    Source: Zeiler & Fergus, "Visualizing and understanding convolutional networks",
    arXiv:1311.2901, section 4.2; the mean over windows is captum's.
    """

    def attribute(
        self,
        inputs: Any,
        sliding_window_shapes: Sequence[int],
        strides: Any = None,
        baselines: Any = None,
        target: Any = None,
        *,
        perturbations_per_eval: int = 16,
    ) -> Tensor:
        """Return by how much the output falls where the image is covered.

        Args:
            inputs: Images, shape (N, C, H, W), of the range the model was trained with.
            sliding_window_shapes: The window, (C, height, width); (1, ...) covers one channel.
            strides: Steps from one window to the next along each of these axes, or one for all; 1
                if left out, and at most as long as the window, so that each pixel is covered. The
                last windows are cut off where the image ends.
            baselines: What covers: a number (0 if left out), or images as inputs.
            target: The output to explain: a class for all images or N of them; None if the model
                gives one number for each image.
            perturbations_per_eval: Windows that one pass through the model takes.

        Returns:
            The shape of inputs.

        Raises:
            ValueError: If window or stride do not fit the image, the model is in training mode, or
                a target is missing or out of range.
            TypeError: If the inputs are not of the model's floating-point type.
        """
        x = self.images(inputs)
        cover = baseline_like(self.op, baselines, x)
        windows = list(_windows(*_sizes(self.op, x.shape[1:], sliding_window_shapes, strides)))
        per_pass = at_least(self.op, "perturbations_per_eval", perturbations_per_eval, 1)
        whole = target_scores(self.op, self.model, x, target)  # (N,)
        fall, covered = np.zeros(x.shape, np.float64), np.zeros(x.shape[1:], np.int64)
        for first in range(0, len(windows), per_pass):
            some = windows[first : first + per_pass]
            scores = self._scores(x, cover, some, target)  # (windows, N)
            for window, score in zip(some, scores):
                loss = (whole - score).reshape(-1, *[1] * (x.ndim - 1))
                at = (slice(None), *window)
                fall[at] += loss
                covered[window] += 1
        return Tensor((fall / covered).astype(x.dtype))

    def _scores(
        self, x: np.ndarray, cover: np.ndarray, windows: list[Window], target: Any
    ) -> np.ndarray:
        """Return the output at the target with each window covered, shape (windows, N)."""
        copies = np.repeat(x[None], len(windows), axis=0)  # (windows, N, ...)
        for copy, window in zip(copies, windows):
            at = (slice(None), *window)
            copy[at] = cover[at]
        target = repeated(self.op, target, len(x), len(windows))
        flat = copies.reshape(-1, *x.shape[1:])
        return target_scores(self.op, self.model, flat, target).reshape(len(windows), len(x))


def _sizes(
    op: str, shape: tuple[int, ...], window: Any, strides: Any
) -> tuple[tuple[int, ...], list[int], list[int]]:
    """Return the sizes of image, window and steps; raise ValueError if they do not fit."""
    n = len(shape)
    if not isinstance(window, (tuple, list)) or len(window) != n:
        raise ValueError(
            f"{op}: sliding_window_shapes must be {n} ints for images of shape {shape}, got"
            f" {window!r}"
        )
    sizes = [integer(op, "sliding_window_shapes", size) for size in window]
    if any(not 1 <= size <= length for size, length in zip(sizes, shape)):
        raise ValueError(
            f"{op}: sliding_window_shapes must fit into an image of shape {shape}, got {window}"
        )
    if isinstance(strides, (tuple, list)):
        steps = [integer(op, "strides", step) for step in strides]
    else:
        step = 1 if strides is None else integer(op, "strides", strides)
        # an axis that the window covers whole, such as C, has but one place
        steps = [size if size == length else step for size, length in zip(sizes, shape)]
    if len(steps) != n or any(not 1 <= step <= size for step, size in zip(steps, sizes)):
        raise ValueError(
            f"{op}: strides must be {n} ints from 1 to the window's {tuple(sizes)}, so that each"
            f" pixel is covered, got {strides}"
        )
    return shape, sizes, steps


def _windows(shape: tuple[int, ...], sizes: list[int], steps: list[int]) -> Iterator[Window]:
    axes = []
    for length, size, step in zip(shape, sizes, steps):
        last = -(-(length - size) // step)  # rounded up
        axes.append([slice(i * step, i * step + size) for i in range(last + 1)])
    return itertools.product(*axes)
