"""Whole batches at once: a Compose of crops, flips, ToTensor and Normalize as one kernel call."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import random
from minicnn.ops.augment import augment
from minicnn.transforms.containers import Compose
from minicnn.transforms.conversion import Normalize, ToTensor
from minicnn.transforms.crop import (
    CenterCrop,
    RandomCrop,
    RandomHorizontalFlip,
    RandomVerticalFlip,
)

MOVES = (CenterCrop, RandomCrop, RandomHorizontalFlip, RandomVerticalFlip)


class BatchPlan:
    """What a Compose does to every image of an array, as starts, steps and a table of values.

    `draw` calls the transforms' own draws in their order, so that each sample gets what it would
    get singly.

    Args:
        moves: Crops and flips, at most one of each kind.
        tables: What each byte becomes, shape (C, 256).
        shape: (H, W, C) of the images.
    """

    def __init__(self, moves: list[Any], tables: np.ndarray, shape: tuple[int, int, int]) -> None:
        self.moves, self.tables, (self.H, self.W, _) = moves, tables, shape
        self.size, self.fill, self._sides = (self.H, self.W), 0, (0, 0, 0, 0)
        for move in moves:
            if isinstance(move, (RandomCrop, CenterCrop)):
                self.size = move.size
            if isinstance(move, RandomCrop):
                self.fill, self._sides = int(np.ravel(move.fill)[0]), move.sides_for(self.H, self.W)

    def __call__(self, images: np.ndarray, indices: np.ndarray) -> np.ndarray:
        """Return the batch of images[indices], float32 of shape (N, C, h, w)."""
        lines = np.array([self._draw() for _ in random.samples(len(indices))], dtype=np.int64)
        rows, columns = lines.reshape(-1, 2, 2).transpose(1, 0, 2)
        return augment(images, indices, rows, columns, self.size, self.tables, self.fill)

    def _draw(self) -> tuple[int, int, int, int]:
        """Return start and step of the rows and of the columns of one sample.

        Moves change where an output pixel comes from in the image before the move, so they are
        gone through from the last to the first, after all have drawn.
        """
        drawn = [self._drawn(move) for move in self.moves]
        top, down, left, right, (h, w) = 0, 1, 0, 1, self.size
        for move, value in zip(reversed(self.moves), reversed(drawn)):
            if isinstance(move, (RandomCrop, CenterCrop)):
                top, left, (h, w) = top + value[0], left + value[1], (self.H, self.W)
            elif value and isinstance(move, RandomVerticalFlip):
                top, down = h - 1 - top, -down
            elif value:
                left, right = w - 1 - left, -right
        return top, down, left, right

    def _drawn(self, move: Any) -> Any:
        if isinstance(move, CenterCrop):
            return move.corner(self.H, self.W)
        if isinstance(move, RandomCrop):
            left, top, right, bottom = self._sides
            corner = move.draw(self.H + top + bottom, self.W + left + right)
            return corner[0] - top, corner[1] - left
        return move.draw()


def batch_plan(transform: Any, shape: tuple[int, int, int]) -> BatchPlan | None:
    """Return how a kernel does `transform` to uint8 images of this shape; None if it cannot."""
    if type(transform) is not Compose:
        return None
    steps = list(transform.transforms)
    normalize = steps.pop() if steps and type(steps[-1]) is Normalize else None
    if not steps or type(steps.pop()) is not ToTensor:
        return None
    kinds = ["crop" if isinstance(s, (RandomCrop, CenterCrop)) else type(s) for s in steps]
    if any(type(s) not in MOVES for s in steps) or len(set(kinds)) < len(kinds):
        return None
    H, W, C = shape
    for step in steps:
        if type(step) is RandomCrop:
            padded = any(step.sides_for(H, W))
            simple = step.padding_mode == "constant" and np.size(step.fill) == 1
            fills = simple and float(np.ravel(step.fill)[0]) in range(256)
            if (padded and not fills) or min(step.sides_for(H, W)) < 0:
                return None
    if any(type(s) is CenterCrop and (s.size[0] > H or s.size[1] > W) for s in steps):
        return None
    # the transforms themselves make the table, of an image that has every byte in every channel
    every = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], C, axis=2)  # (256, 1, C)
    values = ToTensor()(every)
    if normalize is not None:
        values = normalize(values)
    return BatchPlan(steps, values.data[:, :, 0], shape)
