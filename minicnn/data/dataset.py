"""Datasets: what has a length and gives sample i.

A dataset that holds whole arrays also defines `get_batch(indices)`, which gathers many samples in
one call; `DataLoader` then uses that. Its result must be what `collate` makes of single samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn import random
from minicnn._checks import integer
from minicnn.tensor import Tensor, as_tensor


class Dataset:
    """Gives sample i as `dataset[i]`, 0 <= i < len(dataset)."""

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define __getitem__")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} does not define __len__")


def batch_getter(dataset: Any) -> Callable[[np.ndarray], Any] | None:
    """Return `dataset.get_batch` if it speaks for `dataset[i]`, else None.

    It does not if a subclass has redefined `__getitem__` without it.
    """
    for cls in type(dataset).__mro__:
        if "get_batch" in vars(cls):
            if isinstance(dataset, Subset) and batch_getter(dataset.dataset) is None:
                return None
            getter: Callable[[np.ndarray], Any] = dataset.get_batch
            return getter
        if "__getitem__" in vars(cls):
            return None
    return None


class TensorDataset(Dataset):
    """Sample i is row i of each tensor.

    Args:
        tensors: Tensors or arrays with equally long first axes.

    Raises:
        ValueError: If there is none, or the lengths differ.

    Example:
        >>> dataset = TensorDataset(np.zeros((10, 3), np.float32), np.arange(10))
        >>> x, label = dataset[4]
        >>> x.shape, label
        ((3,), tensor(4))
    """

    def __init__(self, *tensors: Any) -> None:
        self.tensors = tuple(as_tensor(t) for t in tensors)
        if not self.tensors:
            raise ValueError("TensorDataset: needs at least one tensor")
        if any(t.ndim == 0 or len(t) != len(self.tensors[0]) for t in self.tensors):
            shapes = ", ".join(str(t.shape) for t in self.tensors)
            raise ValueError(f"TensorDataset: first axes must be equally long, got shapes {shapes}")

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(Tensor.of_array(t.data[index]) for t in self.tensors)

    def get_batch(self, indices: np.ndarray) -> tuple[Tensor, ...]:
        """Return the rows `indices` of each tensor, shape (len(indices), ...)."""
        return tuple(Tensor.of_array(t.data[indices]) for t in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset):
    """Some samples of a dataset, in the order of `indices`."""

    def __init__(self, dataset: Any, indices: Sequence[int] | np.ndarray) -> None:
        self.dataset = dataset
        self.indices = np.array(indices, dtype=np.int64)
        if self.indices.ndim != 1:
            raise ValueError(f"Subset: indices must have one axis, got shape {self.indices.shape}")

    def __getitem__(self, index: int) -> Any:
        return self.dataset[int(self.indices[index])]

    def get_batch(self, indices: np.ndarray) -> Any:
        """Return what the dataset's `get_batch` gives; only called if it has one."""
        return self.dataset.get_batch(self.indices[indices])

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any,
    lengths: Sequence[float],
    generator: np.random.Generator | None = None,
) -> list[Subset]:
    """Split a dataset at random into parts that have no sample in common.

    Args:
        dataset: What is split.
        lengths: The parts' lengths, which add up to len(dataset); or fractions that add up to 1,
            then what rounding down leaves over goes to the first parts, one sample each.
        generator: Where the order comes from; `minicnn.random.default_generator` if left out.

    Raises:
        ValueError: If the lengths do not add up, or one is negative.

    Example:
        >>> [len(part) for part in random_split(range(10), [0.75, 0.25])]
        [8, 2]
    """
    n = len(dataset)
    if any(length < 0 for length in lengths):
        raise ValueError(f"random_split: lengths must not be negative, got {list(lengths)}")
    if math.isclose(sum(lengths), 1) and any(isinstance(length, float) for length in lengths):
        sizes = [math.floor(n * fraction) for fraction in lengths]
        for i in range(n - sum(sizes)):
            sizes[i % len(sizes)] += 1
    else:
        sizes = [integer("random_split", "lengths", length) for length in lengths]
    if sum(sizes) != n:
        raise ValueError(
            f"random_split: lengths must add up to len(dataset) = {n}, got {list(lengths)}, which"
            f" add up to {sum(sizes)}"
        )
    order = (random.default_generator if generator is None else generator).permutation(n)
    ends = np.cumsum(sizes)
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends)]
