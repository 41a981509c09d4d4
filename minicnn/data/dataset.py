"""Datasets: what has a length and gives sample i, or is a stream of samples.

A dataset that holds whole arrays also defines `get_batch(indices)`, which gathers many samples in
one call; `DataLoader` then uses that. Its result must be what `collate` makes of single samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn.tensor import Tensor, as_tensor

if TYPE_CHECKING:
    from minicnn.data.combined import ChainDataset, ConcatDataset


class Dataset:
    """Gives sample i as `dataset[i]`, 0 <= i < len(dataset)."""

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define __getitem__")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} does not define __len__")

    def __add__(self, other: Any) -> ConcatDataset:
        from minicnn.data.combined import ConcatDataset  # which is made of the class above

        return ConcatDataset([self, other])


class IterableDataset:
    """A stream of samples: a subclass defines `__iter__`, which begins an epoch's.

    Its order is its own, so a loader takes no sampler and no `shuffle` with it, and one worker
    reads it. `minicnn.random.current_generator` gives each sample a generator of its own here too.

    Example:
        >>> class Squares(IterableDataset):
        ...     def __iter__(self):
        ...         return (i * i for i in range(5))
        >>> from minicnn.data import DataLoader
        >>> list(DataLoader(Squares(), batch_size=3))
        [tensor([0, 1, 4]), tensor([ 9, 16])]
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__")

    def __add__(self, other: Any) -> ChainDataset:
        from minicnn.data.combined import ChainDataset  # which is made of the class above

        return ChainDataset([self, other])


def batch_getter(dataset: Any) -> Callable[[np.ndarray], Any] | None:
    """Return `dataset.get_batch` if it speaks for `dataset[i]`, else None.

    It does not if a subclass has redefined `__getitem__` without it, or if `dataset.gathers` is
    False.
    """
    if not getattr(dataset, "gathers", True):
        return None
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
