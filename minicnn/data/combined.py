"""Datasets made of datasets: one after the other, side by side, in parts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from minicnn import random
from minicnn._checks import integer
from minicnn.data.dataset import Dataset, IterableDataset, Subset


class ConcatDataset(Dataset):
    """The samples of several datasets, one dataset after the other. `a + b` makes it too.

    Args:
        datasets: At least one, each with a length.

    Attributes:
        datasets: As above.
        cumulative_sizes: How many samples there are up to the end of each.

    Raises:
        ValueError: If there is none.
        TypeError: If one is an IterableDataset; those are chained by `ChainDataset`.

    Example:
        >>> both = ConcatDataset([range(3), range(10, 12)])
        >>> len(both), both[3], both[-1]
        (5, 10, 11)
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: needs at least one dataset")
        for dataset in self.datasets:
            if isinstance(dataset, IterableDataset):
                raise TypeError(
                    "ConcatDataset: datasets must have sample i, got the IterableDataset"
                    f" {type(dataset).__name__}; ChainDataset chains those"
                )
        self.cumulative_sizes = np.cumsum([len(dataset) for dataset in self.datasets]).tolist()

    def __len__(self) -> int:
        return int(self.cumulative_sizes[-1])

    def __getitem__(self, index: int) -> Any:
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"ConcatDataset: index {index} is not in its {len(self)} samples")
        i = int(np.searchsorted(self.cumulative_sizes, place, side="right"))
        return self.datasets[i][place - (self.cumulative_sizes[i - 1] if i else 0)]


class ChainDataset(IterableDataset):
    """The items of several streams, one stream after the other. `a + b` makes it too.

    Args:
        datasets: IterableDatasets.
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise TypeError(
                    f"ChainDataset: datasets must be IterableDatasets, got {type(dataset).__name__}"
                )

    def __iter__(self) -> Iterator[Any]:
        for dataset in self.datasets:
            yield from dataset

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self.datasets)


class StackDataset(Dataset):
    """Sample i is sample i of each dataset: a tuple of them, or a dictionary by their names.

    Args:
        args: Equally long datasets for a tuple,
        kwargs: or by name for a dictionary.

    Raises:
        ValueError: If there is none, both kinds are given, or lengths differ.

    Example:
        >>> StackDataset(range(3), "abc")[1]
        (1, 'b')
        >>> StackDataset(x=range(3), name="abc")[1]
        {'x': 1, 'name': 'b'}
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ValueError(
                "StackDataset: give datasets either as arguments or by name, got"
                f" {len(args)} and {len(kwargs)}"
            )
        self.datasets: tuple[Any, ...] | dict[str, Any] = args or kwargs
        lengths = [len(dataset) for dataset in (args or kwargs.values())]
        if len(set(lengths)) > 1:
            raise ValueError(f"StackDataset: datasets must be equally long, got {lengths}")
        self._length = lengths[0]

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Any:
        if isinstance(self.datasets, tuple):
            return tuple(dataset[index] for dataset in self.datasets)
        return {name: dataset[index] for name, dataset in self.datasets.items()}


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
