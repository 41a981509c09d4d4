"""What the microscopes of max and average pooling share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import minicnn._core as _core
from minicnn.microscope import _inputs
from minicnn.microscope._document import Data, figure
from minicnn.microscope._planes import Planes

MOST_PLANES = 16
PLAIN = {
    "stride": None, "padding": (0, 0), "dilation": (1, 1), "ceil_mode": False,
    "count_include_pad": True, "divisor_override": None,
}  # fmt: skip


class Pooling:
    """A pooling of x that is small enough to be read: its sizes, its windows, its drawings."""

    def __init__(self, op: str, x: np.ndarray, window: dict[str, Any]) -> None:
        kernel = window["kernel_size"]
        rows, cols = _core.trace_pool2d_places(op, x.shape, **window)
        self.N, self.C, self.H_in, self.W_in = x.shape
        self.H_out, self.W_out = len(rows), len(cols)
        self.P = self.H_out * self.W_out
        _inputs.at_most(op, "planes (N * C)", MOST_PLANES, self.N * self.C)
        cells = kernel[0] * kernel[1]
        _inputs.at_most(op, "cells of a window (K_h * K_w)", _inputs.MOST_TERMS, cells)
        places = "places of the window (H_out * W_out)"
        _inputs.at_most(op, places, _inputs.MOST_PLACES, self.P)
        self.planes = Planes((self.H_in, self.W_in), rows, cols)

    def windows(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield plane, place in the plane, output row and column of each window."""
        for plane in range(self.N * self.C):
            for p in range(self.P):
                yield (plane, p, *divmod(p, self.W_out))

    def name(self, array: str, plane: int) -> str:
        """Return the name of a plane: "x[0, 1]"."""
        return f"{array}[{plane // self.C}, {plane % self.C}]"

    def input(self, plane: int, **more: Any) -> Data:
        """Return the drawing of a plane of x."""
        return self.planes.draw("x", plane, self.name("x", plane), **more)

    def output(self, array: str, plane: int, caption: str, **more: Any) -> Data:
        """Return the drawing of one plane of an array (N, C, H_out, W_out)."""
        return figure(array, plane * self.P, (self.H_out, self.W_out), caption, **more)

    def so_far(self, plane: int, p: int, cells: list[int]) -> Data:
        """Return the drawing of grad_x once the window at place p has given its gradient."""
        at = p * self.N * self.C + plane
        caption = f"{self.name('grad_x', plane)} so far"
        return self.planes.draw("grad_x_after", at, caption, marks={"write": cells})

    def facts(self, a: dict[str, np.ndarray], settings: dict[str, Any]) -> list[str]:
        """Return what the head of the page says: shapes, and settings that are not plain."""
        facts = [f"{name} {a[name].shape}" for name in ("x", "y")]
        facts.append(f"kernel_size {settings['kernel_size']}")
        facts += [
            f"{name} {settings[name]}"
            for name, plain in PLAIN.items()
            if name in settings and settings[name] != plain
        ]
        return [*facts, str(a["x"].dtype)]


def growing(P: int, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """Yield for each place of a window which values of y come no later, as an array of bools."""
    place = np.arange(P).reshape(shape[2:])
    for p in range(P):
        yield np.broadcast_to(place <= p, shape)
