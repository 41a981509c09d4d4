"""The data loader: batches of a dataset, one epoch for each `for` loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from minicnn._checks import integer
from minicnn.data.collate import default_collate
from minicnn.data.dataset import batch_getter
from minicnn.data.prefetch import prefetch
from minicnn.data.samplers import BatchSampler, RandomSampler, SequentialSampler
from minicnn.errors import DataLoaderError


class DataLoader:
    """Yields a dataset in batches; each `for` loop over it is one epoch.

    Args:
        dataset: Has a length and gives sample i as `dataset[i]`. If it defines `get_batch(indices)`
            and no `collate_fn` is given, whole batches are gathered by that.
        batch_size: Samples in a batch; None for single samples, not collated.
        shuffle: Whether each epoch has a random order of its own, which depends on the seed and the
            epoch alone.
        sampler: Yields the indices of an epoch; excludes `shuffle`.
        batch_sampler: Yields lists of indices; excludes all of the above.
        num_workers: 0 to load in the caller's thread, more to load ahead in one background thread.
            The batches are the same.
        collate_fn: Makes a batch of a list of samples; `default_collate` if left out.
        drop_last: Whether to leave out the last batch if it is smaller.
        generator: Where the seed is drawn from if none is given.
        seed: The seed of `shuffle`.
        prefetch_factor: How many batches to load ahead for each worker.

    Raises:
        ValueError: If settings exclude each other or are out of range.
        DataLoaderError: While iterating, if the dataset raises; names the sample.

    Example:
        >>> from minicnn.data import TensorDataset
        >>> loader = DataLoader(TensorDataset(np.arange(5)), batch_size=2)
        >>> [batch for (batch,) in loader]
        [tensor([0, 1]), tensor([2, 3]), tensor([4])]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool = False,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[Sequence[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        *,
        drop_last: bool = False,
        generator: np.random.Generator | None = None,
        seed: int | None = None,
        prefetch_factor: int = 2,
    ) -> None:
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: give either sampler or shuffle=True, not both")
        if batch_sampler is not None and (
            batch_size not in (1, None) or shuffle or sampler is not None or drop_last
        ):
            raise ValueError(
                "DataLoader: batch_sampler excludes batch_size, shuffle, sampler and drop_last"
            )
        if batch_size is None and drop_last:
            raise ValueError("DataLoader: batch_size=None excludes drop_last")
        if integer("DataLoader", "num_workers", num_workers) < 0:
            raise ValueError(f"DataLoader: num_workers must not be negative, got {num_workers}")
        if integer("DataLoader", "prefetch_factor", prefetch_factor) < 1:
            raise ValueError(
                f"DataLoader: prefetch_factor must be at least 1, got {prefetch_factor}"
            )
        self.dataset, self.num_workers, self.prefetch_factor = dataset, num_workers, prefetch_factor
        self.collate_fn, self.drop_last = collate_fn, drop_last
        self.sampler: Any = sampler
        if sampler is None and batch_sampler is None:
            if shuffle:
                self.sampler = RandomSampler(dataset, generator=generator, seed=seed)
            else:
                self.sampler = SequentialSampler(dataset)
        self.batch_size = None if batch_sampler is not None else batch_size
        self.batch_sampler: Any = batch_sampler
        if batch_sampler is None and batch_size is not None:
            self.batch_sampler = BatchSampler(self.sampler, batch_size, drop_last)

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next `for` loop is; needs a sampler with epochs (`shuffle=True`)."""
        for sampler in (self.sampler, self.batch_sampler):
            if hasattr(sampler, "set_epoch"):
                sampler.set_epoch(epoch)
                return
        raise ValueError("DataLoader.set_epoch: its sampler does not have epochs")

    def __len__(self) -> int:
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        groups = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        batches = self._load(groups)
        if self.num_workers == 0:
            return batches
        return prefetch(batches, self.num_workers * self.prefetch_factor)

    def _load(self, groups: Iterator[Any]) -> Iterator[Any]:
        get_batch = batch_getter(self.dataset) if self.collate_fn is None else None
        collate = default_collate if self.collate_fn is None else self.collate_fn
        for number, group in enumerate(groups):
            if self.batch_sampler is None:
                yield self._sample(group, number)
            elif get_batch is not None:
                yield self._gathered(get_batch, np.asarray(group, dtype=np.int64), number)
            else:
                yield collate([self._sample(index, number) for index in group])

    def _sample(self, index: Any, number: int) -> Any:
        try:
            return self.dataset[index]
        except Exception as error:
            raise DataLoaderError(
                f"DataLoader: sample {index} of batch {number}: {type(error).__name__}: {error}"
            ) from error

    def _gathered(self, get_batch: Callable[[np.ndarray], Any], index: np.ndarray, n: int) -> Any:
        try:
            return get_batch(index)
        except Exception as error:
            some = ", ".join(str(i) for i in index[:8]) + (", ..." if len(index) > 8 else "")
            raise DataLoaderError(
                f"DataLoader: batch {n} of the samples {some}: {type(error).__name__}: {error}"
            ) from error
