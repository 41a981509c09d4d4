"""Corners of operations with windows: what they are, and samples that are moved into one."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.testing import Arguments

# Operations with windows, and the axes that these move along.
WINDOWED = {
    "F.conv1d": 1, "F.conv2d": 2, "F.conv_transpose1d": 1, "F.conv_transpose2d": 2,
    "F.max_pool1d": 1, "F.max_pool2d": 2, "F.avg_pool1d": 1, "F.avg_pool2d": 2, "F.unfold": 2,
}  # fmt: skip


class Window:
    """The settings of a sample along each axis."""

    def __init__(self, name: str, sample: Arguments) -> None:
        self.axes, settings = WINDOWED[name], sample.settings
        self.transposed, convolves = "transpose" in name, "conv" in name
        self.x, second = sample.args[:2]
        self.kernel = second.shape[2:] if convolves else self.each(second)
        step = 1 if convolves or name == "F.unfold" else self.kernel
        self.stride = self.each(settings.get("stride", step))
        self.padding = self.each(settings.get("padding", 0))
        self.dilation = self.each(settings.get("dilation", 1))
        self.more = self.each(settings.get("output_padding", 0))
        self.groups = settings.get("groups", 1)
        self.size, self.C = self.x.shape[-self.axes :], self.x.shape[-self.axes - 1]

    def each(self, value: Any) -> tuple[int, ...]:
        return tuple(value) if isinstance(value, (tuple, list)) else (value,) * self.axes

    def least(self) -> tuple[int, ...]:
        """Return the smallest image that the window fits in, or that gives a result."""
        along = zip(self.kernel, self.dilation, self.padding, self.stride, self.more)
        if self.transposed:
            missing = [2 * p - d * (k - 1) - o for k, d, p, _, o in along]  # at a size of 1
            return tuple([1 + max(0, -(-m // s)) for m, s in zip(missing, self.stride)])
        return tuple([max(1, d * (k - 1) + 1 - 2 * p) for k, d, p, *_ in along])

    def kinds(self) -> set[str]:
        """Return the names of the corners that the sample is in."""
        along = list(zip(self.size, self.kernel, self.stride, self.padding, self.dilation))
        left = any((n + 2 * p - d * (k - 1) - 1) % s for n, k, s, p, d in along)
        held = {
            "leftover pixels": left and not self.transposed,
            "stride over kernel": any(s > k for s, k in zip(self.stride, self.kernel)),
            "window of the whole image": self.size == self.least() and not self.transposed,
            "1x1 kernel": set(self.kernel) == {1},
            "an axis of size 1": 1 in self.size,
            "depthwise": self.groups == self.C > 1,
            "groups of several channels": 1 < self.groups < self.C,
            "no batch": self.x.ndim == self.axes + 1,
        }
        return {kind for kind, holds in held.items() if holds}


def moved(name: str, sample: Arguments, rng: np.random.Generator) -> Arguments:
    """Return some samples with an image cut to the least that the window needs."""
    if name not in WINDOWED or rng.random() < 0.8:
        return sample
    window = Window(name, sample)
    if "max_pool" in name and any(window.padding) and max(window.dilation) > 1:
        return sample  # a window could lie beside the image, and be -inf
    kept = [slice(0, size) for size in window.least()]
    x = window.x[(..., *kept)].copy()
    return Arguments(x, *sample.args[1:], **sample.settings)


def possible(name: str) -> set[str]:
    """Return the corners that the operation has."""
    kinds = {"stride over kernel", "1x1 kernel", "an axis of size 1"}
    if name != "F.conv2d":  # its samples have a batch
        kinds.add("no batch")
    if "conv" in name:
        kinds |= {"depthwise", "groups of several channels"}
    if "transpose" not in name:
        kinds |= {"leftover pixels", "window of the whole image"}
    return kinds
