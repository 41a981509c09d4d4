"""Random arguments for operations, the same on every machine.

The generator is NumPy's RandomState, whose streams never change, and floats are made of its 53 bits
alone: so stored results stay valid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from minicnn.testing import Buffer as Buffer  # a sample's array that has no gradient

V = TypeVar("V")
Sample = tuple[tuple[Any, ...], dict[str, Any]]  # positional arguments, keyword arguments
Sampler = Callable[["Draw"], Sample]

# For each operation, under its full name ("F.conv2d", "ops.sum", "Tensor.sum"): what draws its
# arguments. Arrays of floats are given as tensors with a gradient, other arrays as tensors.
SAMPLERS: dict[str, Sampler] = {}


class Draw:
    """Draws settings and arrays."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.RandomState(seed)

    def integer(self, low: int, high: int) -> int:
        """Draw an integer from low to high, both included."""
        return int(self.rng.randint(low, high + 1))

    def flag(self) -> bool:
        return self.integer(0, 1) == 1

    def one_of(self, *values: V) -> V:
        return values[self.integer(0, len(values) - 1)]

    def number(self, low: float, high: float) -> float:
        return float(low + (high - low) * self.rng.random_sample())

    def floats(self, *shape: int, low: float = -2.0, high: float = 2.0) -> np.ndarray:
        return np.asarray(low + (high - low) * self.rng.random_sample(shape))

    def integers(self, *shape: int, low: int, high: int) -> np.ndarray:
        return self.rng.randint(low, high + 1, shape).astype(np.int64)

    def flags(self, *shape: int) -> np.ndarray:
        return self.integers(*shape, low=0, high=1).astype(bool)

    def shape(self, least: int = 1, most: int = 4, largest: int = 5) -> tuple[int, ...]:
        return tuple(self.integer(1, largest) for _ in range(self.integer(least, most)))

    def axis(self, ndim: int) -> int:
        return self.integer(-ndim, ndim - 1)

    def axes(self, ndim: int, least: int = 1) -> tuple[int, ...]:
        """Draw some different axes, each counted from the front or from the back."""
        chosen = self.rng.permutation(ndim)[: self.integer(least, ndim)]
        return tuple(int(a) - ndim * self.integer(0, 1) for a in chosen)

    def narrower(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Draw a shape that broadcasts to the given one."""
        sizes = tuple(1 if self.integer(0, 3) == 0 else size for size in shape)
        return sizes[self.integer(0, len(shape)) :]

    def some(self, **settings: Any) -> dict[str, Any]:
        """Leave out each of these settings half of the time, so that its default is tested."""
        return {name: value for name, value in settings.items() if self.flag()}

    def maybe(self, array: np.ndarray) -> np.ndarray | None:
        return array if self.flag() else None


def samples(*names: str) -> Callable[[Sampler], Sampler]:
    """Decorator: this function draws the arguments of the operations of these names."""

    def register(sampler: Sampler) -> Sampler:
        for name in names:
            assert name not in SAMPLERS, name
            SAMPLERS[name] = sampler
        return sampler

    return register


def op_and_method(*names: str) -> Callable[[Sampler], Sampler]:
    """Decorator: as `samples`, for functions of minicnn.ops and the methods of their names."""
    return samples(*[f"{place}.{name}" for place in ("ops", "Tensor") for name in names])
